// Which file may import which: read by dependency-cruiser. `check.test.mjs` shows each rule failing.
const inside = (name) => `^packages/${name}/src/`
const outside = (name) => `^packages/(?!${name}/)`
/** Tests, and what they share: never published. */
const tests = '(\\.test(-d)?\\.ts|/src/fixtures/.*\\.ts)$'
const adapters = '^packages/server/src/adapters/(express|fastify|hono|koa|nest)\\.ts$'
/** Each runs on Node with a store of its own. */
const engines = '^packages/(sqlite|redis|nats|postgres)/src/'
/** Each is named for its framework. */
const hooks = '^packages/(react|vue|svelte|solid|angular)/src/'
/** A hub and what it stands on: storage, order, delivery, presence. */
const domain = '^packages/server/src/(hub|log|runs|presence|memory|engine-kit)/'
/** The command line: it runs on Node, and opens any engine. */
const cli = inside('(cli|create-sse)')
const testSupport = inside('test-support')
/** Its entry is for Node, and for runtimes with Node's zlib. */
const gzip = '^packages/server/src/gzip/'
const nodeBridge = '^packages/server/src/node/'

export const graphRules = [
  {
    name: 'no-circles',
    comment: 'Files that import each other cannot be read one after the other.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'contract-imports-nothing',
    comment:
      'The contract runs anywhere: of other packages it may name the types of @standard-schema/spec only.',
    from: { path: inside('contract'), pathNot: tests },
    to: { pathNot: [inside('contract'), '@standard-schema/spec'] },
  },
  {
    name: 'contract-imports-types-only',
    comment: 'Nothing of @standard-schema/spec exists at run time.',
    from: { path: inside('contract'), pathNot: tests },
    to: { path: '@standard-schema/spec', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'server-imports-contract-only',
    comment: 'Server and client know each other through the contract.',
    from: { path: inside('server'), pathNot: tests },
    to: { path: outside('(server|contract)') },
  },
  {
    name: 'client-imports-contract-only',
    comment: 'Server and client know each other through the contract.',
    from: { path: inside('client') },
    to: { path: outside('(client|contract|test-support)') },
  },
  {
    name: 'engines-import-server-only',
    comment: "An engine knows the server's root, what it has for engines, and the client of its own store.",
    from: { path: engines, pathNot: tests },
    to: {
      path: '.',
      pathNot: [
        '^packages/$1/',
        '^packages/server/src/(index|engine-kit/index)\\.ts$',
        'node_modules/(@redis/client|@nats-io/[a-z-]+|pg)/',
      ],
      dependencyTypesNot: ['core'],
    },
  },
  {
    name: 'engines-are-leaves',
    comment: 'An engine is chosen by the app, or by the address that the command line is given.',
    from: { path: '^packages/([^/]+)/', pathNot: cli },
    to: { path: engines, pathNot: '^packages/$1/' },
  },
  {
    name: 'hooks-import-client-only',
    comment: "Hooks know the client's core of hooks, a `connect` of it, and their own framework.",
    from: { path: hooks, pathNot: tests },
    to: {
      path: '.',
      pathNot: [
        '^packages/$1/',
        '^packages/client/src/(index|native|hooks/index)\\.ts$',
        'node_modules/.*$1(-js)?/',
      ],
    },
  },
  {
    name: 'hooks-are-leaves',
    comment: 'Hooks are chosen by the app: no package imports any.',
    from: { path: '^packages/([^/]+)/' },
    to: { path: hooks, pathNot: '^packages/$1/' },
  },
  {
    name: 'devtools-import-types-only',
    comment:
      'The devtools find feeds on the page, whichever copy made them: of other packages they name types.',
    from: { path: inside('devtools'), pathNot: tests },
    to: { path: outside('devtools'), dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'devtools-are-a-leaf',
    comment: 'Nothing that is published may bring the devtools along.',
    from: { path: outside('devtools') },
    to: { path: inside('devtools') },
  },
  {
    name: 'testing-imports-contract-only',
    comment:
      'The fake server stands on the contract alone: each entry adds what it is named for, timers or MSW.',
    from: { path: inside('testing'), pathNot: tests },
    to: {
      path: '.',
      pathNot: [inside('(testing|contract)'), 'node_modules/(@sinonjs/fake-timers|msw)/'],
    },
  },
  {
    name: 'testing-is-a-leaf',
    comment: 'Nothing that is published may bring the fake server along.',
    from: { path: '^packages/(?!testing/)' },
    to: { path: inside('testing') },
  },
  {
    name: 'test-support-in-tests-only',
    comment:
      'The test helpers are not published: only tests and benchmarks import them. Users copy an example without them.',
    from: { path: '^(packages|examples)/', pathNot: [`^packages/.*${tests}`, testSupport] },
    to: { path: testSupport },
  },
  {
    name: 'test-support-imports-no-package',
    comment: 'The test helpers are used in the tests of every package, so they depend on none.',
    from: { path: testSupport },
    to: { path: outside('test-support') },
  },
  {
    name: 'packages-by-public-name',
    comment: "Another package's files are reached through its exports, never by a path into it.",
    from: { path: '^packages/([^/]+)/' },
    to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'tests-by-public-name',
    comment: 'Tests, examples and benchmarks see what a user sees.',
    from: { path: '^(tests|examples|bench)/' },
    to: { path: '^packages/', dependencyTypes: ['local'] },
  },
  {
    name: 'domain-without-http',
    comment:
      'A hub knows connections through the interfaces in stream/. It works without requests, Node and frameworks.',
    from: { path: domain, pathNot: tests },
    to: { path: '^packages/server/src/(http|node|web|adapters)/' },
  },
  {
    name: 'adapters-are-leaves',
    comment: 'An adapter is imported by its own subpath only, so that one framework never pulls in another.',
    from: { path: '^packages/', pathNot: tests },
    to: { path: adapters },
  },
  {
    name: 'frameworks-in-adapters-only',
    comment: "Only a framework's own adapter may name it.",
    from: { path: '^packages/', pathNot: [adapters, tests] },
    to: { path: 'node_modules/.*(express|fastify|hono|koa|@nestjs)/' },
  },
  {
    name: 'polyfill-on-its-own',
    comment: 'The polyfill is loaded by those who ask for @sse/client/polyfill.',
    from: { path: '^packages/', pathNot: ['^packages/client/src/transport/polyfill-transport\\.ts$', tests] },
    to: { path: ['^packages/client/src/transport/polyfill-transport\\.ts$', 'event-source-polyfill'] },
  },
  {
    name: 'native-without-parser',
    comment: '@sse/client/native exists to leave out fetch and the parser.',
    from: { path: '^packages/client/src/native\\.ts$' },
    to: { path: 'eventsource-parser', reachable: true },
  },
  {
    name: 'native-hooks-without-parser',
    comment: 'The hooks on EventSource, such as @sse/react/native, leave out fetch and the parser.',
    from: { path: '^packages/(react|vue|svelte|solid|angular)/src/native\\.ts$' },
    to: { path: 'eventsource-parser', reachable: true },
  },
  {
    name: 'node-in-the-bridge-only',
    comment: 'Only the node and gzip folders, the engines and the command line may name a Node built-in.',
    from: { path: '^packages/', pathNot: [nodeBridge, gzip, engines, cli, testSupport, tests] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'roots-without-node',
    comment:
      'The root of every package but an engine runs in Workers, Deno, Bun and browsers: it reaches neither the Node bridge nor gzip.',
    from: { path: '^packages/[^/]+/src/index\\.ts$' },
    to: { path: [nodeBridge, gzip], reachable: true },
  },
  {
    name: 'no-strays',
    comment: 'An import that does not resolve hides from every other rule.',
    from: { path: '^packages/' },
    to: { couldNotResolve: true },
  },
].map((rule) => ({ severity: 'error', ...rule }))

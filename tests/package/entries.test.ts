import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startProgram } from '@sse/test-support/program'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { withPackages } from '../support/link.ts'

const installed = inject('installed')
const entriesOf = (name: string): string[] => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'node_modules', name, 'package.json'), 'utf8'))
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => name + entry.slice(1))
}
const ROOTS = ['@sse/contract', '@sse/server', '@sse/client']
const ENGINES = ['@sse/nats', '@sse/postgres', '@sse/redis', '@sse/sqlite']
const HOOKS = ['@sse/react', '@sse/vue', '@sse/svelte', '@sse/solid', '@sse/angular']
const TOOLS = [
  '@sse/devtools',
  '@sse/testing',
  '@sse/engine-conformance',
  '@sse/ai',
  '@sse/mcp',
  '@sse/cli',
  '@sse/otel',
  '@sse/openapi',
]
const ENTRIES = [...ROOTS, ...ENGINES, ...HOOKS, ...TOOLS].flatMap(entriesOf)
/** Decorators are Nest's own functions, and handlers MSW's: these need them to load. `mount` exports nothing. */
const BOUND = ['@sse/server/nest', '@sse/testing/msw', '@sse/devtools/mount']
const FREE = ENTRIES.filter((entry) => !BOUND.includes(entry))
const PAGE = [
  ...ROOTS,
  ...HOOKS,
  ...HOOKS.map((name) => `${name}/native`),
  '@sse/client/event-source',
  '@sse/client/inspect',
  '@sse/client/native',
  '@sse/client/polyfill',
  '@sse/client/tabs',
  '@sse/client/transport',
  '@sse/client/wechat',
  '@sse/client/xhr',
  '@sse/client/hooks',
  '@sse/client/storage',
  '@sse/devtools',
  '@sse/testing',
]

let full: string
beforeAll(() => {
  full = withPackages(installed, ['@nestjs/common', 'reflect-metadata', 'rxjs', 'msw'])
})
afterAll(() => rmSync(full, { recursive: true, force: true }))

async function evaluate(cwd: string, type: 'module' | 'commonjs', code: string): Promise<string> {
  const program = startProgram(process.execPath, [`--input-type=${type}`, '-e', code], { cwd })
  expect(await program.exited, program.output).toBe(0)
  return program.output.trim()
}

it('there are 24 entries of contract, server and client, two per engine and per hook package, and fifteen of the tools', () => {
  expect(ENTRIES).toHaveLength(24 + 2 * ENGINES.length + 2 * HOOKS.length + 15)
})

describe.each([
  ['import', 'module' as const, (entry: string) => `console.log(...Object.keys(await import('${entry}')))`],
  ['require', 'commonjs' as const, (entry: string) => `console.log(...Object.keys(require('${entry}')))`],
])('%s', (_, type, code) => {
  /** One line for each entry; a warning would be another one. */
  let lines: string[]
  beforeAll(async () => {
    lines = (await evaluate(installed, type, FREE.map(code).join('\n'))).split('\n')
  })

  it('prints no warning', () => expect(lines).toHaveLength(FREE.length))

  it.each(FREE)('%s, with no framework installed', (entry) => {
    expect(lines[FREE.indexOf(entry)]).toMatch(
      /^(\w+ )*(sse|connect|defineStream|polyfillTransport|xhrTransport|eventSourceTransport|tabsTransport|encodeMessage|makeInspectable|EventSource|feedPool|storedId|useStream|injectStream|mountDevtools|fakeServer|fakeClock|nats|redis|postgres|sqlite|engineSuite|EngineConnection|createRuns|defineDialect|gzip|createChat|sseChatTransport|streamDurability|resumableStore|createEventStore|endSpansAtStart|toOpenApi|generateContracts|run|inspectNats|inspectRedis|inspectPostgres|inspectSqlite)( \w+)*$/,
    )
  })

  it('@sse/server/nest, beside Nest', async () => {
    expect(await evaluate(full, type, code('@sse/server/nest'))).toBe('sse')
  })

  it('@sse/testing/msw, beside MSW', async () => {
    expect(await evaluate(full, type, code('@sse/testing/msw'))).toBe('streamHandler')
  })
})

it.each(PAGE)('%s bundles for a page: no Node built-in, and nothing but what it imports', async (entry) => {
  const { errors, warnings } = await build({
    stdin: { contents: `export * from '${entry}'`, resolveDir: installed },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    logLevel: 'silent',
    external: ['event-source-polyfill'],
  })
  expect([...errors, ...warnings]).toEqual([])
})

it('a page that imports connect alone leaves no trace of what it does not use', async () => {
  const bundle = async (from: string) => {
    const { outputFiles } = await build({
      stdin: { contents: `import { connect } from '${from}'; connect('/stream')`, resolveDir: installed },
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
    })
    return outputFiles[0]?.text ?? ''
  }
  expect(await bundle('@sse/client')).not.toMatch(/EventSource\b|EventSourcePolyfill/)
  expect(await bundle('@sse/client/native')).not.toMatch(/ParseError|getReader/)
})

it('a server that imports sse, or one dialect, leaves no trace of publishHandler and of the other dialects', async () => {
  const bundle = async (code: string) => {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: installed },
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      platform: 'node',
    })
    return outputFiles[0]?.text ?? ''
  }
  const words = /x-vercel-ai|RUN_|\[DONE\]|extensions|dialect\.|idempotency-key/
  expect(await bundle("export { sse } from '@sse/server'")).not.toMatch(words)
  expect(await bundle("export { plain } from '@sse/server/dialects'")).not.toMatch(/x-vercel-ai|extensions/)
})

it('server and client of one app run end to end', async () => {
  const file = join(installed, 'app.mjs')
  copyFileSync(new URL('fixtures/app.mjs', import.meta.url), file)
  const program = startProgram(process.execPath, [file], { cwd: installed })
  expect(await program.exited, program.output).toBe(0)
  expect(program.output).toBe('count 3\ncount 2\ncount 1\ndone {"at":"zero"}\nended\n')
})

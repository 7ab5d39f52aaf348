// A rule nobody has seen fail is a wish: each one is broken here on purpose, in a small tree of its own.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkImports } from './check.mjs'
import { graphRules } from './graph-rules.mjs'
import { textRuleNames } from './text-rules.mjs'

const repository = resolve(import.meta.dirname, '../..')
let parent = ''
beforeAll(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), 'import-rules-')))
})
afterAll(() => rmSync(parent, { recursive: true, force: true }))

const contract = 'packages/contract/src'
const server = 'packages/server/src'
const client = 'packages/client/src'
const sqlite = 'packages/sqlite/src'
const react = 'packages/react/src'
const devtools = 'packages/devtools/src'
const testing = 'packages/testing/src'
const testSupport = 'packages/test-support/src'

/** Files that keep every rule; a proof adds its own to them. */
const sound = {
  [`${contract}/index.ts`]: `export * from './encode.ts'\nimport type {} from '@standard-schema/spec'`,
  [`${contract}/encode.ts`]: 'export const line = (text: string) => `data: ${text}`',
  [`${server}/index.ts`]: `export { line } from '@sse/contract' // not: 'data: x', process.env`,
  [`${server}/node/node.ts`]: `import 'node:http'\nexport * from './node-sink.ts'`,
  [`${server}/node/node-sink.ts`]: `export const free = process.memoryUsage()`,
  [`${server}/adapters/express.ts`]: `import type {} from 'express'\nexport * from '../node/node.ts'\nexport const o = { data: 1, process: 2 }`,
  [`${server}/adapters/express.test.ts`]: `import 'node:http'\nimport './express.ts'`,
  [`${client}/index.ts`]: `import '@sse/contract'\nimport 'eventsource-parser'`,
  [`${client}/native.ts`]: `import '@sse/contract'`,
  [`${client}/transport/polyfill-transport.ts`]: `import('event-source-polyfill')`,
  [`${sqlite}/index.ts`]: `import 'node:sqlite'\nimport '@sse/server'\nexport const pid = process.pid`,
  [`${sqlite}/index.test.ts`]: `import 'express'\nimport './index.ts'`,
  [`${client}/hooks/index.ts`]: `import '@sse/contract'`,
  [`${react}/index.ts`]: `import 'react'\nimport '@sse/client'\nimport '@sse/client/hooks'`,
  [`${react}/native.ts`]: `import 'react'\nimport '@sse/client/native'\nimport '@sse/client/hooks'`,
  [`${devtools}/index.ts`]: `import type {} from '@sse/client'`,
  [`${testing}/index.ts`]: `import '@sse/contract'`,
  [`${testSupport}/until.ts`]: `import 'node:net'\nexport const isTest = process.env.VITEST`,
  [`${client}/index.test.ts`]: `import '@sse/test-support/until'`,
  'tests/whole.test.ts': `import '@sse/test-support/until'\nimport '@sse/server/express'\nimport '@sse/client'\nimport '@sse/sqlite'`,
}

const proofs = {
  'no-circles': { [`${client}/a.ts`]: `import './b.ts'`, [`${client}/b.ts`]: `import type {} from './a.ts'` },
  'contract-imports-nothing': { [`${contract}/a.ts`]: `import 'express'` },
  'contract-imports-types-only': { [`${contract}/a.ts`]: `import '@standard-schema/spec'` },
  'server-imports-contract-only': { [`${server}/a.ts`]: `import type {} from '@sse/client'` },
  'client-imports-contract-only': { [`${client}/a.ts`]: `import type {} from '@sse/server'` },
  'engines-import-server-only': { [`${sqlite}/a.ts`]: `import type {} from '@sse/contract'` },
  'engines-are-leaves': { [`${server}/a.test.ts`]: `import '@sse/sqlite'` },
  'hooks-import-client-only': { [`${react}/a.ts`]: `import type {} from '@sse/contract'` },
  'hooks-are-leaves': { [`${client}/a.test.ts`]: `import '@sse/react'` },
  'devtools-import-types-only': { [`${devtools}/a.ts`]: `import '@sse/client'` },
  'devtools-are-a-leaf': { [`${client}/a.ts`]: `import type {} from '@sse/devtools'` },
  'testing-imports-contract-only': { [`${testing}/a.ts`]: `import type {} from '@sse/client'` },
  'testing-is-a-leaf': { [`${client}/a.test.ts`]: `import '@sse/testing'` },
  'test-support-in-tests-only': {
    [`${server}/a.ts`]: `import '@sse/test-support/until'`,
    'examples/page/a.test.ts': `import '@sse/test-support/until'`,
  },
  'test-support-imports-no-package': { [`${testSupport}/a.ts`]: `import type {} from '@sse/server'` },
  'packages-by-public-name': { [`${server}/a.ts`]: `import '../../contract/src/encode.ts'` },
  'tests-by-public-name': { 'tests/a.test.ts': `import '../packages/server/src/index.ts'` },
  'domain-without-http': {
    [`${server}/hub/a.ts`]: `import type {} from '../http/options.ts'`,
    [`${server}/http/options.ts`]: 'export {}',
  },
  'adapters-are-leaves': { [`${server}/a.ts`]: `import './adapters/express.ts'` },
  'frameworks-in-adapters-only': { [`${server}/a.ts`]: `import type {} from 'express'` },
  'polyfill-on-its-own': { [`${client}/a.ts`]: `import './transport/polyfill-transport.ts'` },
  'native-without-parser': {
    [`${client}/native.ts`]: `import './a.ts'`,
    [`${client}/a.ts`]: `import 'eventsource-parser'`,
  },
  'native-hooks-without-parser': {
    [`${react}/native.ts`]: `import './a.ts'`,
    [`${react}/a.ts`]: `import type {} from '@sse/client'`,
  },
  'node-in-the-bridge-only': { [`${server}/a.ts`]: `import type {} from 'node:http'` },
  'roots-without-node': {
    [`${server}/index.ts`]: `import './a.ts'`,
    [`${server}/a.ts`]: `import './node/node-sink.ts'`,
  },
  'no-strays': { [`${server}/a.ts`]: `import 'nowhere'` },
  'data-lines-in-one-file': {
    [`${server}/a.ts`]: 'export const f = (x: string) => `id: 1\\ndata: ${x}\\n\\n`',
  },
  'no-instanceof-sse-error': {
    [`${client}/a.ts`]: 'export const f = (e: unknown) => e instanceof SseError',
  },
  'no-node-globals': { [`${server}/a.ts`]: `export const b = Buffer.from('x')` },
}

/** Writes the files, and the packages they import, below a fresh folder. */
function plant(name, files) {
  const root = join(parent, name)
  const write = (file, text) => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  for (const library of [
    'express',
    'react',
    'eventsource-parser',
    'event-source-polyfill',
    '@standard-schema/spec',
  ]) {
    write(`node_modules/${library}/package.json`, JSON.stringify({ name: library, exports: './index.js' }))
    write(`node_modules/${library}/index.js`, 'export {}')
  }
  mkdirSync(join(root, 'node_modules/@sse'), { recursive: true })
  for (const own of [
    'contract',
    'server',
    'client',
    'sqlite',
    'react',
    'devtools',
    'testing',
    'test-support',
  ]) {
    const exports = {
      '.': { '@sse/source': './src/index.ts' },
      './express': { '@sse/source': './src/adapters/express.ts' },
      './until': './src/until.ts',
      './hooks': { '@sse/source': './src/hooks/index.ts' },
      './native': { '@sse/source': './src/native.ts' },
    }
    write(`packages/${own}/package.json`, JSON.stringify({ name: `@sse/${own}`, exports }))
    symlinkSync(join(root, 'packages', own), join(root, 'node_modules/@sse', own))
  }
  for (const [file, text] of Object.entries({ ...sound, ...files })) write(file, text)
  return root
}

const broken = async (root) => [...new Set((await checkImports(root)).map(({ rule }) => rule))]

// The whole repository is read: on a busy machine not in five seconds.
it('the repository keeps every import rule', { timeout: 60_000 }, async () => {
  expect(await checkImports(repository)).toEqual([])
})

it('files that keep every rule are not accused', async () => {
  expect(await checkImports(plant('sound', {}))).toEqual([])
})

it('every rule has its proof', () => {
  expect(Object.keys(proofs).sort()).toEqual([...graphRules.map(({ name }) => name), ...textRuleNames].sort())
})

it.each(Object.keys(proofs))('%s is reported when broken', async (rule) => {
  expect(await broken(plant(rule, proofs[rule]))).toContain(rule)
})

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram } from '@sse/test-support/program'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { linkPackages, withPackages } from '../support/link.ts'
import type { Job } from './compile.ts'

const require = createRequire(import.meta.url)
const FRAMEWORKS = [
  'express',
  'fastify',
  'koa',
  'hono',
  '@nestjs/common',
  'reflect-metadata',
  'rxjs',
  '@types/express',
  '@types/koa',
]
const NEST_10 = ['@nestjs/common', 'reflect-metadata', 'rxjs']

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
let plain: string
let full: string
/** Projects with older majors of the frameworks. */
let older: string
let nest10: string
beforeAll(() => {
  plain = withPackages(inject('installed'), ['@types/node'])
  for (const file of ['core.ts', 'browser.ts', 'commonjs.cts'])
    copyFileSync(join(fixtures, file), join(plain, file))
  const broken = join(plain, 'node_modules/@sse/broken')
  mkdirSync(broken)
  writeFileSync(join(broken, 'index.d.ts'), "export declare const wrong: import('@sse/server').Missing\n")
  writeFileSync(join(plain, 'broken.ts'), "import '@sse/broken'\n")
  full = withPackages(plain, [...FRAMEWORKS, '@types/react'])
  older = withPackages(plain, FRAMEWORKS, 'frameworks/older')
  nest10 = withPackages(plain, NEST_10, 'frameworks/nest-10')
  linkPackages(nest10, FRAMEWORKS)
  linkPackages(older, ['@types/react'])
  linkPackages(nest10, ['@types/react'])
  for (const folder of [full, older, nest10]) {
    copyFileSync(join(fixtures, 'frameworks.ts'), join(folder, 'frameworks.ts'))
  }
})
afterAll(() => {
  for (const folder of [plain, full, older, nest10]) rmSync(folder, { recursive: true, force: true })
})

const CHECKS = { strict: true, exactOptionalPropertyTypes: true, noEmit: true }
const NODE = {
  ...CHECKS,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
  types: ['node'],
}
const PAGE = { ...NODE, lib: ['es2022', 'dom', 'dom.iterable'], types: [] }
const MODULES = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}
const APP = ['core.ts', 'frameworks.ts']
const nest = { experimentalDecorators: true }

/** Programs by what their compilation shows. */
const programs = (): Record<string, Job> => ({
  'compiles every entry that needs no framework, without any': {
    folder: plain,
    files: ['core.ts'],
    compilerOptions: { ...NODE, module: 'nodenext' },
  },
  ...Object.fromEntries(
    ['nodenext', 'node20'].map((module) => [
      `compiles a CommonJS module with module: ${module}`,
      { folder: plain, files: ['commonjs.cts'], compilerOptions: { ...NODE, module } },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(MODULES).flatMap(([name, options]) => [
      [
        `compiles every entry with ${name}, beside the frameworks’ own types`,
        { folder: full, files: APP, compilerOptions: { ...NODE, ...options, ...nest } },
      ],
      [
        `compiles the client for a page with ${name}, without Node’s types`,
        { folder: plain, files: ['browser.ts'], compilerOptions: { ...PAGE, ...options } },
      ],
    ]),
  ),
})

/** Compiles with a JavaScript compiler, all jobs in one process; resolves with the messages of each. */
async function compileAll(typescript: string, jobs: readonly Job[]): Promise<string[][]> {
  const script = fileURLToPath(new URL('compile.ts', import.meta.url))
  const args = [script, require.resolve(typescript), JSON.stringify(jobs)]
  const program = startProgram(process.execPath, args)
  expect(await program.exited, program.output).toBe(0)
  return program.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

let compilations = 0

/** Compiles with the native compiler, and checks every declaration except TypeScript's own; resolves with the messages. */
async function compileNatively({ folder, files, compilerOptions }: Job): Promise<string[]> {
  const config = join(folder, `tsconfig.${compilations++}.json`)
  const options = { ...compilerOptions, skipDefaultLibCheck: true }
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files }))
  const root = dirname(require.resolve('typescript7/package.json'))
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const args = [join(root, bin.tsc), '-p', config, '--pretty', 'false']
  const program = startProgram(process.execPath, args, { cwd: folder })
  if ((await program.exited) === 0) return []
  return program.output.trim().split('\n')
}

const names = Object.keys(programs())

describe.each([
  ['5.9', 'typescript5'],
  ['6', 'typescript'],
])('TypeScript %s', (_, typescript) => {
  let messages: string[][]
  beforeAll(async () => {
    const broken = { folder: plain, files: ['broken.ts'], compilerOptions: { ...NODE, ...MODULES.bundler } }
    messages = await compileAll(typescript, [...Object.values(programs()), broken])
  }, 120_000)

  it.each(names)('%s', (name) => expect(messages[names.indexOf(name)]).toEqual([]))

  it('reports what is wrong in a declaration of a package', () => {
    expect(messages.at(-1)).toEqual([expect.stringMatching(/@sse\/broken\/index\.d\.ts:1: .*'Missing'/)])
  })
})

describe('TypeScript 7', { timeout: 120_000 }, () => {
  it.each(names)('%s', async (name) => expect(await compileNatively(programs()[name] as Job)).toEqual([]))

  it('cannot import ES modules in a CommonJS module with module: node16, as the client’s guide says', async () => {
    const compilerOptions = { ...NODE, module: 'node16' }
    const output = await compileNatively({ folder: plain, files: ['commonjs.cts'], compilerOptions })
    const errors = output.filter((line) => line.includes('error'))
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) expect(error).toContain('error TS1479')
  })
})

// With one compiler: these types are old, and the frameworks' own.
describe.each([
  ['Express 4, Fastify 4, Koa 2, Hono 3 and Nest 11', () => older],
  ['Nest 10', () => nest10],
])('with the types of %s', (_, folder) => {
  it('every entry compiles', { timeout: 120_000 }, async () => {
    const compilerOptions = { ...NODE, ...nest, module: 'nodenext' }
    expect(await compileNatively({ folder: folder(), files: APP, compilerOptions })).toEqual([])
  })
})

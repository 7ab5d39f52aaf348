import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram } from '@sse/test-support/program'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { linkPackages, withPackages } from '../support/link.ts'

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

let compilations = 0

/** Compiles fixtures in `folder` with every check on; what the compiler says. */
async function compile(
  typescript: string,
  folder: string,
  files: readonly string[],
  compilerOptions: object,
): Promise<string[]> {
  const config = join(folder, `tsconfig.${compilations++}.json`)
  const checks = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noEmit: true }
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...checks, ...compilerOptions }, files }))
  const root = dirname(require.resolve(`${typescript}/package.json`))
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const tsc = join(root, bin.tsc ?? bin.tsc6)
  const program = startProgram(process.execPath, [tsc, '-p', config, '--pretty', 'false'], { cwd: folder })
  const status = await program.exited
  if (status === 0) return []
  return program.output.trim().split('\n')
}

const NODE = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
  types: ['node'],
}
const MODULES = [
  { resolution: 'nodenext', options: { module: 'nodenext' } },
  { resolution: 'bundler', options: { module: 'esnext', moduleResolution: 'bundler' } },
]
const NEST = { experimentalDecorators: true }
const PAGE = { target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], types: [] }

// One at a time would take a minute.
describe.concurrent.each([
  ['5.9', 'typescript5'],
  ['6', 'typescript'],
  ['7', 'typescript7'],
])('TypeScript %s', { timeout: 120_000 }, (_, typescript) => {
  it('compiles every entry that needs no framework, without any', async () => {
    expect(await compile(typescript, plain, ['core.ts'], { ...NODE, module: 'nodenext' })).toEqual([])
  })

  it.each(['nodenext', 'node20'])('compiles a CommonJS module with module: %s', async (module) => {
    expect(await compile(typescript, plain, ['commonjs.cts'], { ...NODE, module })).toEqual([])
  })

  describe.each(MODULES)('$resolution', ({ options }) => {
    it('compiles every entry, beside the frameworks’ own types', async () => {
      const files = ['core.ts', 'frameworks.ts']
      expect(await compile(typescript, full, files, { ...NODE, ...options, ...NEST })).toEqual([])
    })

    it('compiles the client for a page, without Node’s types', async () => {
      expect(await compile(typescript, plain, ['browser.ts'], { ...PAGE, ...options })).toEqual([])
    })
  })
})

it('a CommonJS module with module: node16 cannot import ES modules, as the client’s guide says', async () => {
  const output = await compile('typescript', plain, ['commonjs.cts'], { ...NODE, module: 'node16' })
  const errors = output.filter((line) => line.includes('error'))
  expect(errors.length).toBeGreaterThan(0)
  for (const error of errors) expect(error).toContain('error TS1479')
})

// With one compiler: these types are old, and the frameworks' own.
describe.each([
  ['Express 4, Fastify 4, Koa 2, Hono 3 and Nest 11', () => older],
  ['Nest 10', () => nest10],
])('with the types of %s', (_, folder) => {
  it('every entry compiles', { timeout: 120_000 }, async () => {
    const options = { ...NODE, ...NEST, module: 'nodenext' }
    expect(await compile('typescript7', folder(), ['core.ts', 'frameworks.ts'], options)).toEqual([])
  })
})

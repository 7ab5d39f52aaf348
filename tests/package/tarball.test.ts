import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'

const files = inject('tarballs').flatMap((tarball) =>
  spawnSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map((file) => file.replace(/^package\//, '')),
)
const PACKAGES = [
  'ai',
  'angular',
  'cli',
  'client',
  'contract',
  'devtools',
  'engine-conformance',
  'mcp',
  'nats',
  'openapi',
  'otel',
  'postgres',
  'react',
  'redis',
  'server',
  'solid',
  'sqlite',
  'svelte',
  'testing',
  'vue',
]
const folders = PACKAGES.map((name) => join(inject('installed'), 'node_modules/@sse', name))

it('all packages hold what they run on, their types, their page and their licence, and nothing else', () => {
  expect(inject('tarballs')).toHaveLength(PACKAGES.length)
  expect(files.filter((file) => !/^dist\/([\w-]+\/)*[\w-]+\.(js|js\.map|d\.ts)$/.test(file)).sort()).toEqual(
    ['LICENSE', 'README.md', 'package.json'].flatMap((file) => PACKAGES.map(() => file)),
  )
  expect(files.filter((file) => /\btest|tsbuildinfo/.test(file))).toEqual([])
})

it('no source, workspace protocol or private condition is published', () => {
  for (const folder of folders) {
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
    expect(manifest).not.toMatch(/@sse\/source|workspace:|catalog:|\.\/src/)
    expect(JSON.parse(manifest)).toMatchObject({
      license: 'MIT',
      type: 'module',
      engines: { node: '>=22.13' },
    })
  }
})

it('tools that do not read exports (Metro before 0.82, Parcel) find the root by main and types', () => {
  for (const folder of folders) {
    const { exports, main, types } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect({ main, types }).toEqual({ main: exports['.'].default, types: exports['.'].types })
  }
})

it('every file an entry names is there', () => {
  for (const folder of folders) {
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    for (const entry of Object.values<string | Record<string, string>>(exports)) {
      for (const file of typeof entry === 'string' ? [entry] : Object.values(entry)) {
        expect(existsSync(join(folder, file)), file).toBe(true)
      }
    }
  }
})

it('an install brings the parser, a schema type, the clients of the engines, fake timers, an argument parser with colours, what the generator and the load test stand on, and the frameworks that hooks are for', () => {
  const lock = join(inject('installed'), 'node_modules/.package-lock.json')
  const packages: Record<string, { peer?: boolean }> = JSON.parse(readFileSync(lock, 'utf8')).packages
  const names = Object.entries(packages).map(([path, { peer }]) => ({
    name: path.replace('node_modules/', ''),
    peer: peer === true,
  }))
  const scopes = names.flatMap(({ name, peer }) => (peer ? [] : [name.split('/')[0] as string]))
  const postgres = /^(pg|pg-.*|pgpass|postgres-.*|split2|xtend)$/ // `pg`, in the parts it comes in
  // json-schema-to-typescript, in the parts it comes in
  const generator =
    /^(@apidevtools|@jsdevtools|@types|argparse|fdir|js-yaml|lodash|minimist|picomatch|prettier|tinyglobby)$/
  const roots = scopes.map((name) =>
    name.replace(postgres, 'pg').replace(generator, 'json-schema-to-typescript'),
  )
  expect([...new Set(roots)].sort()).toEqual([
    '@nats-io',
    '@redis',
    '@sinonjs',
    '@sse',
    '@standard-schema',
    'commander',
    'eventsource-parser',
    'http-parser-js',
    'json-schema-to-typescript',
    'pg',
    'picocolors',
    'simple-ascii-chart',
    'tweetnacl',
    'type-detect',
    'yaml',
  ])
  // What an app has anyway: npm adds the peers where nothing else does, with all that they bring.
  const known = [
    'express',
    'fastify',
    'hono',
    'koa',
    '@nestjs/common',
    'react',
    'vue',
    'svelte',
    'solid-js',
    '@angular/core',
    'rxjs',
    'event-source-polyfill',
  ]
  const peers = names.flatMap(({ name, peer }) => (peer && known.includes(name) ? [name] : []))
  expect(peers.sort()).toEqual(['@angular/core', 'react', 'rxjs', 'solid-js', 'svelte', 'vue'])
})

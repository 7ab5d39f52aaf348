import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { runNpm } from '../support/npm.ts'

const tarballs = inject('tarballs').filter((file) => /sse-(contract|server)-\d/.test(file))

// npm decides by the tree alone: nothing is downloaded but the packages' metadata. `support/packed.ts` has installed them
// beside none of the frameworks.
it.each([
  [
    'Express 4, Fastify 4, Koa 2, Hono 3 and Nest 11',
    ['express@4', 'fastify@4', 'koa@2', 'hono@3', '@nestjs/common@11'],
  ],
  ['Nest 10', ['@nestjs/common@10']],
  ['the newest of all', ['express@5', 'fastify@5', 'koa@3', 'hono@4', '@nestjs/common@12']],
])('npm installs the server beside %s', { timeout: 120_000 }, (_, frameworks) => {
  const folder = mkdtempSync(join(tmpdir(), 'sse-install-'))
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }))
    const { status, output } = runNpm(['install', '--package-lock-only', ...tarballs, ...frameworks], folder)
    expect(status, output).toBe(0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

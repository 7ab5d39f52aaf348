import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const CONNECTIONS = 10_000

it('ten thousand connections, opened and dropped in every way, leave nothing behind', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@sse/source',
    '--expose-gc',
    join(import.meta.dirname, '../fixtures', 'leak-process.ts'),
    String(CONNECTIONS),
  ])
  const { before, after, opened } = JSON.parse(stdout)
  expect(opened).toBeGreaterThan(CONNECTIONS / 2) // the others left before there was a source
  expect(after.living).toBe(0)
  expect(after.resources).toEqual(before.resources)
  expect((after.heap - before.heap) / CONNECTIONS).toBeLessThan(100) // bytes a connection
}, 180_000)

it('nor do ten thousand of a hub’s: no heap, no cursor, nobody present; and the process ends by itself', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@sse/source',
    '--expose-gc',
    join(import.meta.dirname, '../fixtures', 'hub-leak-process.ts'),
    String(CONNECTIONS),
  ])
  const { before, after } = JSON.parse(stdout)
  expect(after.gaps).toBeGreaterThan(1_000)
  expect(after.stats).toEqual({ connections: 0, lagging: 0, channels: 0 })
  expect((after.heap - before.heap) / CONNECTIONS).toBeLessThan(100) // bytes a connection
}, 180_000)

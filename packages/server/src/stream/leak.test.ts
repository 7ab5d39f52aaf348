import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const CONNECTIONS = 10_000

it.concurrent('leaves nothing behind after ten thousand connections were opened and dropped in every way', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@sse/source',
    '--expose-gc',
    join(import.meta.dirname, '../fixtures', 'leak-process.ts'),
    String(CONNECTIONS),
  ])
  const { before, after, opened } = JSON.parse(stdout)
  expect(opened).toBeGreaterThan(CONNECTIONS / 2) // the others left before their source started
  expect(after.living).toBe(0)
  expect(after.resources).toEqual(before.resources)
  expect((after.heap - before.heap) / CONNECTIONS).toBeLessThan(100) // bytes a connection
}, 180_000)

it.concurrent('leaves no heap, cursor or presence behind after ten thousand connections to a hub, and the process exits', async () => {
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

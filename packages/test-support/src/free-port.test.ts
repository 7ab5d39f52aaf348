import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, vi } from 'vitest'
import { freePort } from './free-port.ts'
import { isListening } from './is-listening.ts'

it('finds a port that a server can listen on', async () => {
  const port = await freePort()
  expect(await isListening(port)).toBe(false)
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  expect(await isListening(port)).toBe(true)
  server.close()
})

it('skips a port that is taken', async () => {
  const first = await freePort()
  const server = createServer().listen(first, '127.0.0.1')
  await once(server, 'listening')
  const random = vi.spyOn(Math, 'random').mockReturnValueOnce((first - 10_000 + 0.5) / 12_000)
  expect(await freePort()).not.toBe(first)
  expect(random.mock.calls.length).toBeGreaterThan(1)
  random.mockRestore()
  server.close()
})

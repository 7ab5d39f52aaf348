import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'

const IMPORTING = new URL('fixtures/importing-process.ts', import.meta.url).pathname

it('opens no connection and starts no timer before its first call, and lets the process exit', async () => {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const child = spawn(process.execPath, ['--conditions=@sse/source', IMPORTING, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect([output.trim(), code, connections]).toEqual(['', 0, 0])
})

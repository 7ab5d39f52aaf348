import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const int16 = (value: number) => int32(value).subarray(2)
const message = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}
const text = (value: string) => Buffer.from(`${value}\0`)
const READY = message('Z', Buffer.from('I'))

/** A server that answers every query as one of a version would answer a look at it; `undefined`: that speaks HTTP. */
export async function startMock(version: string | undefined) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    let isGreeted = false
    socket.on('data', (bytes) => {
      if (version === undefined) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      else if (!isGreeted) {
        isGreeted = true
        socket.write(Buffer.concat([message('R', int32(0)), READY]))
      } else if (bytes.toString('latin1').includes('server_version')) socket.write(answer(version))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `postgres://postgres@127.0.0.1:${port}/app`,
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function answer(version: string): Buffer {
  const values = [version, String(Math.trunc(Number(version)) * 10_000), 'UTF8', 'f', 'on']
  const column = (name: string) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])
  const cells = values.map((value) => Buffer.concat([int32(value.length), Buffer.from(value)]))
  return Buffer.concat([
    message('1'),
    message('2'),
    message('T', int16(values.length), ...values.map((_, index) => column(`c${index}`))),
    message('D', int16(values.length), ...cells),
    message('C', text('SELECT 1')),
    READY,
  ])
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { TcpProxy } from './tcp-proxy.ts'
import { until } from './until.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A server that answers every chunk with its name and the chunk. Resolves with its port. */
async function startEcho(name = 'echo', seen: string[] = []): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.setEncoding('utf8').on('error', () => {})
    socket.on('data', (text: string) => {
      seen.push(text)
      socket.write(`${name}:${text}`)
    })
    socket.on('end', () => socket.end('bye'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function openProxy(target: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.open(target)
  open.push(() => proxy.stop())
  return proxy
}

function connectTo({ port }: TcpProxy) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const client = { socket, text: '', error: undefined as NodeJS.ErrnoException | undefined }
  socket.setEncoding('utf8').on('data', (text: string) => {
    client.text += text
  })
  socket.on('error', (error) => {
    client.error = error
  })
  open.push(() => socket.destroy())
  return client
}

it('forwards both directions, and the end of each', async () => {
  const client = connectTo(await openProxy(await startEcho()))
  client.socket.write('a')
  await until(() => client.text === 'echo:a')
  client.socket.end()
  await until(() => client.text === 'echo:abye')
})

it('forwards more than the sockets buffer', async () => {
  const client = connectTo(await openProxy(await startEcho('')))
  const text = 'x'.repeat(2_000_000)
  client.socket.write(text)
  await until(() => client.text.length > text.length)
  await until(() => client.text.replaceAll(':', '') === text)
})

it('resets every connection when it is cut, and accepts new ones', async () => {
  const proxy = await openProxy(await startEcho())
  const clients = [connectTo(proxy), connectTo(proxy)]
  for (const { socket } of clients) socket.write('a')
  await until(() => clients.every(({ text }) => text === 'echo:a'))
  expect(proxy.connections).toBe(2)
  expect(proxy.cut()).toBe(2)
  await until(() => clients.every(({ error }) => error?.code === 'ECONNRESET'))
  expect(proxy.connections).toBe(0)
  const next = connectTo(proxy)
  next.socket.write('b')
  await until(() => next.text === 'echo:b')
})

it('drops what the server sends while it is muted', async () => {
  const seen: string[] = []
  const proxy = await openProxy(await startEcho('echo', seen))
  const client = connectTo(proxy)
  proxy.isMuted = true
  client.socket.write('a')
  await until(() => seen.length === 1)
  client.socket.write('b')
  await until(() => seen.length === 2)
  proxy.isMuted = false
  client.socket.write('c')
  await until(() => client.text === 'echo:c')
})

it('forwards to another server after it was moved', async () => {
  const proxy = await openProxy(await startEcho('first'))
  const before = connectTo(proxy)
  before.socket.write('a')
  await until(() => before.text === 'first:a')
  proxy.moveTo(await startEcho('second'))
  await until(() => before.error !== undefined)
  const after = connectTo(proxy)
  after.socket.write('a')
  await until(() => after.text === 'second:a')
})

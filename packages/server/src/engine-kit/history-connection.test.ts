import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EngineConnection, HistoryConnection, type RawConnection, unavailable } from './index.ts'

const IDLE_MS = 100

class SocketConnection implements RawConnection {
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket.on('error', () => {})
  }

  onLost(callback: () => void): void {
    this.socket.once('close', callback)
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** A server that accepts connections, and a history connection to it. */
async function startHistory() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const create = () =>
    new EngineConnection({
      async open() {
        const socket = connect(port, '127.0.0.1')
        await once(socket, 'connect')
        return new SocketConnection(socket)
      },
      toSseError: (error) => unavailable((error as Error).message, error),
      server: 'The server',
      timeoutMs: 5_000,
    })
  const history = new HistoryConnection(create, IDLE_MS)
  onTestFinished(async () => {
    await history.close()
    server.close()
  })
  return { history, sockets }
}

describe('HistoryConnection', () => {
  it('opens at its first call, closes when it was not used for a while, and opens again', async () => {
    const { history, sockets } = await startHistory()
    for (let round = 0; round < 2; round += 1) {
      expect(sockets.size).toBe(0)
      expect(await history.run(async () => 'done')).toBe('done')
      await expect.poll(() => sockets.size).toBe(1)
      await expect.poll(() => sockets.size, { timeout: 5_000 }).toBe(0)
    }
  })

  it('makes one call at a time, in order', async () => {
    const { history, sockets } = await startHistory()
    const order: string[] = []
    const call = (name: string) =>
      history.run(async () => {
        order.push(`${name} begins`)
        await new Promise((resolve) => setTimeout(resolve, 10))
        order.push(`${name} ends`)
      })
    await Promise.all(['a', 'b', 'c'].map(call))
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
    expect(sockets.size).toBe(1)
  })

  it('rejects the calls that wait when the connection is unavailable, and serves later ones', async () => {
    const { history } = await startHistory()
    const lost = history.run(async ({ socket }) => {
      socket.destroy()
      throw new Error('it was cut')
    })
    const waiting = history.run(async () => 'never')
    for (const call of [lost, waiting]) {
      await expect(call).rejects.toMatchObject({ code: 'engine_unavailable', message: 'it was cut' })
    }
    expect(await history.run(async () => 'again')).toBe('again')
  })

  it('rejects waiting and later calls once it is closed', async () => {
    const { history, sockets } = await startHistory()
    const calls = [1, 2].map(() =>
      history.run(() => new Promise<never>((_, reject) => setTimeout(reject, 20))),
    )
    const settled = Promise.allSettled(calls)
    await history.close()
    for (const { status } of await settled) expect(status).toBe('rejected')
    await expect(history.run(async () => 1)).rejects.toMatchObject({ code: 'engine_unavailable' })
    await expect.poll(() => sockets.size).toBe(0)
  })
})

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EngineConnection, failed, type RawConnection, unavailable, WakeLoop } from './index.ts'

/** A line for a line, from a server that can be stopped, started and told to cut. */
class EchoServer {
  readonly sockets = new Set<Socket>()
  #server: Server | undefined
  port = 0
  connections = 0

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.connections += 1
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => {})
      socket.on('data', (line) => socket.write(line))
    })
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as { port: number }).port
  }

  async stop(): Promise<void> {
    const over = this.#server && once(this.#server.close(), 'close')
    for (const socket of this.sockets) socket.destroy()
    await over
    this.#server = undefined
  }
}

class EchoConnection implements RawConnection {
  readonly #socket: Socket

  static async open(port: number): Promise<EchoConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new EchoConnection(socket)
  }

  constructor(socket: Socket) {
    this.#socket = socket.on('error', () => {})
  }

  onLost(callback: () => void): void {
    this.#socket.once('close', callback)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async ask(line: string): Promise<string> {
    const lost = once(this.#socket, 'close').then(() => {
      throw new Error('lost')
    })
    lost.catch(() => {})
    this.#socket.write(line)
    const [answer] = await Promise.race([once(this.#socket, 'data'), lost])
    return String(answer)
  }
}

async function startServer(): Promise<EchoServer> {
  const server = new EchoServer()
  await server.start()
  onTestFinished(() => server.stop())
  return server
}

function linkTo(
  server: EchoServer,
  open = () => EchoConnection.open(server.port),
): EngineConnection<EchoConnection> {
  const link = new EngineConnection({
    open: () =>
      open().catch((error) => {
        throw error.code === 'engine_failed' ? error : unavailable(`it is away: ${error.code}`, error)
      }),
    toSseError: (error) => unavailable(`it says: ${(error as Error).message}`, error),
    needsReconnect: (error) => (error as Error).message === 'not you',
    server: 'The echo',
    timeoutMs: 2_000,
  })
  onTestFinished(() => link.close())
  return link
}

const ask = (link: EngineConnection<EchoConnection>, line = 'a') =>
  link.run((connection) => connection.ask(line))

describe('EngineConnection', () => {
  it('opens its connection at first use, once for all callers', async () => {
    const server = await startServer()
    const link = linkTo(server)
    expect(link.isLive).toBe(false)
    expect(server.connections).toBe(0)
    const connections = await Promise.all([link.connection(), link.connection(), link.connection()])
    expect(new Set(connections).size).toBe(1)
    expect(await ask(link)).toBe('a')
    expect(server.connections).toBe(1)
  })

  it('reconnects after a cut: the call in flight rejects, later ones wait', async () => {
    const server = await startServer()
    const link = linkTo(server)
    await ask(link)
    const answer = link.run(async (connection) => {
      for (const socket of server.sockets) socket.destroy()
      return await connection.ask('b')
    })
    await expect(answer).rejects.toMatchObject({ code: 'engine_unavailable', message: 'it says: lost' })
    expect(await ask(link, 'c')).toBe('c')
    expect(server.connections).toBe(2)
  })

  it('waits `timeoutMs` for an unavailable server, then rejects with the reason', async () => {
    const server = await startServer()
    const link = linkTo(server)
    await server.stop()
    const since = performance.now()
    await expect(ask(link)).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: 'it is away: ECONNREFUSED',
    })
    expect(performance.now() - since).toBeGreaterThan(1_900)
    await server.start()
    await expect.poll(() => link.isLive, { timeout: 5_000 }).toBe(true)
    expect(await ask(link, 'd')).toBe('d')
  })

  it('rejects with "no connection yet" if no attempt has ended in time', async () => {
    const server = await startServer()
    const link = linkTo(server, () => new Promise(() => {}))
    await expect(ask(link)).rejects.toMatchObject({
      message: 'The echo cannot be reached: no connection yet',
    })
  })

  it('rejects at once for a permanent failure, and keeps trying', async () => {
    const server = await startServer()
    let isAllowed = false
    const link = linkTo(server, () =>
      isAllowed ? EchoConnection.open(server.port) : Promise.reject(failed('no such user')),
    )
    await expect(ask(link)).rejects.toMatchObject({ code: 'engine_failed', message: 'no such user' })
    isAllowed = true
    await expect.poll(() => link.isLive, { timeout: 5_000 }).toBe(true)
    expect(await ask(link)).toBe('a')
  })

  it('opens another connection if a failed call asks for one', async () => {
    const server = await startServer()
    const link = linkTo(server)
    const first = await link.connection()
    const refused = link.run(() => Promise.reject(new Error('not you')))
    await expect(refused).rejects.toThrow('it says: not you')
    await expect.poll(() => server.connections, { timeout: 5_000 }).toBe(2)
    expect(await link.connection()).not.toBe(first)
  })

  it('close destroys the connection, rejects waiting calls and calls in flight, and opens no other', async () => {
    const server = await startServer()
    const link = linkTo(server)
    await ask(link)
    const underWay = link.run(() => new Promise<never>((_, reject) => setTimeout(reject, 50, new Error())))
    await link.close()
    await expect(underWay).rejects.toThrow('This engine is closed')
    await expect(ask(link)).rejects.toMatchObject({ code: 'engine_unavailable' })
    await expect.poll(() => server.sockets.size).toBe(0)

    const waiting = linkTo(server, () => new Promise(() => {}))
    const answer = ask(waiting)
    answer.catch(() => {})
    await waiting.close()
    await expect(answer).rejects.toThrow('This engine is closed')
    expect(server.connections).toBe(1)
  })
})

describe('WakeLoop', () => {
  it('listens from the first callback on, and again after listening has failed', async () => {
    let times = 0
    const waker: WakeLoop = new WakeLoop(async () => {
      times += 1
      if (times < 3) throw new Error('cut')
      waker.wake()
      await new Promise<void>((resolve) => onTestFinished(() => resolve()))
    })
    expect(times).toBe(0)
    const woken = new Promise<void>((resolve) => waker.add(resolve))
    await woken
    expect(times).toBe(3)
    waker.close()
  })

  it('calls each callback as often as it was added, and no removed one', () => {
    const waker = new WakeLoop(() => new Promise(() => {}))
    let calls = 0
    const call = () => {
      calls += 1
    }
    const [stop] = [waker.add(call), waker.add(call)]
    waker.wake()
    expect(calls).toBe(2)
    stop?.()
    waker.wake()
    expect(calls).toBe(3)
    waker.close()
    waker.wake()
    waker.add(call)
    waker.wake()
    expect(calls).toBe(3)
  })
})

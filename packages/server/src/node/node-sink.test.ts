import { createServer, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { NodeSink } from './node-sink.ts'

/** The client's end of a connection, which records each write of the server. */
class Wire extends Duplex {
  readonly writes: string[] = []
  /** Whether what is written stays in the socket's buffer. */
  isFull = false
  release: () => void = () => {}

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString())
    if (this.isFull) this.release = done
    else done()
  }

  override _writev(parts: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(parts.map(({ chunk }) => chunk.toString()).join(''))
    done()
  }
}

function respond(wire: Wire): Promise<ServerResponse> {
  return new Promise((resolve) => {
    const server = createServer((_req, res) => resolve(res))
    server.emit('connection', wire)
    wire.push('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  })
}

function makeOwner() {
  return {
    sentBytes: 0,
    stallTimeoutMs: Number.POSITIVE_INFINITY,
    start() {},
    gone() {},
    drained: vi.fn(),
    stalled() {},
    broken() {},
  }
}

describe('a batch on HTTP/1.1', () => {
  it('reaches the socket before write() returns, head and chunk framing in the same write', async () => {
    const wire = new Wire()
    const res = await respond(wire)
    const sink = new NodeSink(res.writeHead(200), makeOwner())
    sink.open()
    sink.write('data: 1\n\n')
    expect(wire.writes).toHaveLength(1)
    expect(wire.writes[0]).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\n9\r\ndata: 1\n\n\r\n$/s)
    sink.write('data: 2\n\n')
    expect(wire.writes.slice(1)).toEqual(['9\r\ndata: 2\n\n\r\n'])
    res.destroy()
  })

  it('has a listener on the socket only while the socket is full', async () => {
    const wire = new Wire()
    const owner = makeOwner()
    const res = await respond(wire)
    const sink = new NodeSink(res.writeHead(200), owner)
    const before = wire.listenerCount('drain')
    sink.open()
    expect(sink.write('data: 1\n\n')).toBe(true)
    expect(wire.listenerCount('drain')).toBe(before)
    wire.isFull = true
    expect(sink.write(`data: ${'x'.repeat(100_000)}\n\n`)).toBe(false)
    expect(wire.listenerCount('drain')).toBe(before + 1)
    wire.release()
    await vi.waitFor(() => expect(owner.drained).toHaveBeenCalledOnce())
    expect(wire.listenerCount('drain')).toBe(before)
    res.destroy()
  })

  it('counts bytes in its chunks, not characters', async () => {
    const wire = new Wire()
    const res = await respond(wire)
    const owner = makeOwner()
    const sink = new NodeSink(res.writeHead(200), owner)
    sink.open()
    sink.write('data: 🎉\n\n')
    expect(wire.writes[0]?.endsWith('\r\n\r\nc\r\ndata: 🎉\n\n\r\n')).toBe(true)
    expect(owner.sentBytes).toBe(12)
    res.destroy()
  })
})

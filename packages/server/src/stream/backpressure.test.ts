import { createServer } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { awaitable } from '@sse/test-support/awaitable'
import { describe, expect, it } from 'vitest'
import { listen, startExpress, startHttp2, startNode, type TestSource } from '../fixtures/adapter-servers.ts'
import { eventually, scoped, stalledReader, turn } from '../fixtures/server-scope.ts'
import { sse } from '../index.ts'
import { type NodeNative, sse as sseNode } from '../node/node.ts'

const KILOBYTE = 'x'.repeat(1_000)
const start = (source: TestSource) => scoped(startNode(source))

/** Waits until a counter has stopped moving. Returns its value. */
async function stoppedAt(count: () => number): Promise<number> {
  await eventually(() => count() > 0)
  for (let before = -1; before !== count(); ) {
    before = count()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return count()
}

describe('backpressure', () => {
  it('stops pulling the source while the socket is full, and continues when it drains', async () => {
    let pulled = 0
    const server = await start(async function* ({ event }) {
      for (; ; pulled++) yield event('text', KILOBYTE)
    })
    const socket = stalledReader(server)
    const before = await stoppedAt(() => pulled)
    // The rest is in the two kernels' buffers.
    expect(pulled).toBeLessThan(20_000)
    socket.resume()
    await eventually(() => pulled > before + 5_000)
  })

  it('holds at most two batches for a stalled client, heartbeats included', async () => {
    let res: NodeNative['res'] | undefined
    let pulled = 0
    const handler = sseNode({ heartbeatMs: 1 }, async function* (context) {
      res = context.res
      for (; ; pulled++) yield { data: KILOBYTE }
    })
    stalledReader(await scoped(listen(createServer(handler))))
    await stoppedAt(() => pulled)
    expect(res?.socket?.writableNeedDrain).toBe(true)
    expect(res?.writableLength).toBeLessThan(3 * 65_536)
    const held = res?.writableLength
    await new Promise((resolve) => setTimeout(resolve, 20)) // heartbeats would come now
    expect(res?.writableLength).toBe(held)
  })

  it('stops at the window of an HTTP/2 stream, and continues as it is read', async () => {
    let pulled = 0
    const server = await scoped(
      startHttp2(async function* ({ event }) {
        for (; ; pulled++) yield event('text', KILOBYTE)
      }),
    )
    const session = connectHttp2(server.origin)
    const stream = session.request({ ':path': '/leads/1' }).pause()
    const before = await stoppedAt(() => pulled)
    expect(before).toBeLessThan(1_000)
    stream.resume()
    await eventually(() => pulled > before + 1_000)
    session.destroy()
  })

  it('ends the source when the client vanishes while the socket is full', async () => {
    let isFinished = false
    let pulled = 0
    const server = await start(async function* ({ event }) {
      try {
        for (; ; pulled++) yield event('text', KILOBYTE)
      } finally {
        isFinished = true
      }
    })
    const socket = stalledReader(server)
    await eventually(() => pulled > 1_000)
    socket.destroy()
    await eventually(() => isFinished)
  })

  it('loses, repeats and reorders nothing when the socket is full', async () => {
    const total = 20_000
    const server = await start(async function* ({ event }) {
      for (let count = 0; count < total; count++) yield event('text', `${count} ${KILOBYTE}`)
    })
    const socket = stalledReader(server)
    const numbers: number[] = []
    let text = ''
    socket.setEncoding('utf8').resume()
    for await (const chunk of socket) {
      text += chunk
      const complete = text.lastIndexOf('\n')
      for (const [, count] of text.slice(0, complete).matchAll(/data: "(\d+) /g)) numbers.push(Number(count))
      text = text.slice(complete)
      socket.pause()
      setImmediate(() => socket.resume())
      if (numbers.length >= total) break
    }
    expect(numbers).toEqual(Array.from({ length: total }, (_, count) => count))
  })

  it('lets timers and other requests run while a source never waits', async () => {
    const server = await start(async function* ({ event, params }) {
      if (params.owner === 'other') return
      for (;;) yield event('text', KILOBYTE)
    })
    stalledReader(server).resume()
    const response = await fetch(`${server.origin}/leads/other`)
    expect(await response.text()).toContain('sse.end')
  })

  it('lets timers run while neither the source nor the reader ever waits', async () => {
    let isDue = false
    setTimeout(() => {
      isDue = true
    }, 1)
    const handler = sse(function* () {
      for (;;) yield { data: KILOBYTE }
    })
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    while (!isDue) await reader?.read() // would never end
    await reader?.cancel()
  })

  it('stops filling a Web response that is not read, and continues as it is read', async () => {
    let pulled = 0
    const handler = sse(async function* () {
      for (; ; pulled++) yield { data: KILOBYTE }
    })
    const { body } = await handler(new Request('http://a/'))
    for (let turns = 0; turns < 100; turns++) await turn()
    expect(pulled).toBeLessThan(200)
    const before = pulled
    const reader = body?.getReader()
    while (pulled < before + 1_000) await reader?.read()
    await reader?.cancel()
  })
})
describe('batches', () => {
  it('write everything yielded within a turn at once, and the first event in its own turn', async () => {
    const writes: string[] = []
    const server = await scoped(
      startNode(
        async function* ({ event }) {
          yield event('count', 0)
          for (let count = 1; count < 4; count++) {
            await turn()
            yield event('count', count)
            yield event('count', count)
          }
        },
        { authorize: (context) => spyOnWrites((context as unknown as NodeNative).res, writes) },
      ),
    )
    await (await fetch(`${server.origin}/leads/1`)).text()
    const counts = writes.map((write) => [...write.matchAll(/data: (\d)/g)].map(([, count]) => Number(count)))
    expect(counts).toEqual([[0], [1, 1], [2, 2], [3, 3]])
  })

  function spyOnWrites(res: { write: unknown }, writes: string[]): true {
    const write = res.write as (text: string) => boolean
    res.write = (text: string) => {
      writes.push(text)
      return write.call(res, text)
    }
    return true
  }

  it('are flushed through middleware that holds writes back', async () => {
    const handler = sseNode(async function* ({ signal }) {
      yield { data: 1 }
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const server = await scoped(
      listen(
        createServer((req, res) => {
          const write = res.write.bind(res)
          let held = ''
          res.write = (text: string) => {
            held += text
            return true
          }
          const flush = () => {
            write(held)
            held = ''
          }
          handler(req, Object.assign(res, { flush }))
        }),
      ),
    )
    const { body } = await fetch(server.origin)
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain('data: 1\n')
    await reader?.cancel()
  })

  it('reach a client behind compression middleware one by one', async () => {
    const gates = Array.from({ length: 3 }, () => awaitable<true>())
    const server = await scoped(
      startExpress(async function* ({ event }) {
        for (const [count, { called }] of gates.entries()) {
          yield event('count', count)
          await called
        }
      }),
    )
    const response = await fetch(`${server.origin}/leads/1`, { headers: { 'accept-encoding': 'gzip' } })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (const [count, { call }] of gates.entries()) {
      let text = ''
      // Each event must arrive before the source may continue.
      while (!text.includes(`data: ${count}\n`)) text += (await reader?.read())?.value
      call(true)
    }
  })
})

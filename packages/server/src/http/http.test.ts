import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { END_ID } from '@sse/contract/protocol'
import { awaitable } from '@sse/test-support/awaitable'
import { afterEach, describe, expect, it } from 'vitest'
import { ADAPTERS, type RunningServer, startHttp2, type TestSource } from '../fixtures/adapter-servers.ts'
import { fetchHttp2 } from '../fixtures/fetch-http2.ts'
import { RawClient, request } from '../fixtures/raw-client.ts'

const running: RunningServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())))

const END = `id: ${END_ID}\nevent: sse.end\ndata: \n\n`

describe('HTTP/2', () => {
  it('streams without headers of HTTP/1.1', async () => {
    const server = await startHttp2(async function* ({ event }) {
      yield event('count', 1)
    })
    running.push(server)
    const { headers } = await fetchHttp2(`${server.origin}/leads/1`)
    expect([...headers.keys()].sort()).toEqual(['cache-control', 'content-type', 'date', 'x-accel-buffering'])
  })

  it('keeps other streams of a session open when one is reset', async () => {
    const gone = awaitable<unknown>()
    const server = await startHttp2(async function* ({ event, params, signal }) {
      yield event('text', params.owner)
      if (params.owner === 'other') return
      signal.addEventListener('abort', () => gone.call(signal.reason))
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    running.push(server)
    const session = connectHttp2(server.origin)
    const first = session.request({ ':path': '/leads/1' })
    await once(first, 'data')
    first.close(constants.NGHTTP2_CANCEL)
    expect(await gone.called).toMatchObject({ code: 'client_gone' })
    let text = ''
    for await (const chunk of session.request({ ':path': '/leads/other' })) text += chunk
    expect(text).toContain('"other"')
    session.destroy()
  })
})

describe.each(ADAPTERS.filter(({ fetch }) => fetch !== fetchHttp2))(
  'raw requests to $name',
  ({ name, start }) => {
    async function connect(source: TestSource) {
      const server = await start(source)
      running.push(server)
      return new RawClient(server.origin)
    }

    it('are served when pipelined behind a HEAD', async () => {
      const client = await connect(async function* ({ event, params }) {
        yield event('text', params.owner)
      })
      client.socket.write(
        request('HEAD', '/leads/a') + request('GET', '/leads/b') + request('GET', '/leads/c'),
      )
      const text = await client.until((text) => text.includes('data: "c"'))
      expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3)
      expect(text.indexOf('data: "b"')).toBeGreaterThan(0)
      client.socket.destroy()
    })

    it('with an absolute URL as target are matched by its path', async () => {
      const client = await connect(async function* ({ event, params, lastEventId }) {
        yield event('text', `${params.owner} ${lastEventId}`)
      })
      client.socket.write(request('GET', 'http://a/leads/1?lastEventId=7'))
      expect(await client.until((text) => text.includes('data: "1 7"'))).toContain('HTTP/1.1 200 OK')
      client.socket.destroy()
    })

    it('of HTTP/1.0 get the stream until the connection closes', async () => {
      const client = await connect(async function* ({ event }) {
        yield event('count', 1)
      })
      client.socket.write(request('GET', '/leads/1', '1.0'))
      const text = await client.until()
      expect(text).not.toMatch(/transfer-encoding/i)
      expect(text.endsWith(`event: count\ndata: 1\n\n${END}`)).toBe(true)
    })

    // The fixture of the root's handler hides Node's response below it.
    if (name !== 'web')
      it('never start a pipelined stream when the socket closes before its turn', async () => {
        const gone = awaitable<unknown>()
        const opened = awaitable<true>()
        const started: string[] = []
        const client = await connect(async function* ({ event, params, signal }) {
          started.push(params.owner)
          signal.addEventListener('abort', () => gone.call(signal.reason))
          opened.call(true)
          yield event('text', params.owner)
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        })
        client.socket.write(request('GET', '/leads/first') + request('GET', '/leads/second'))
        await opened.called
        client.socket.destroy()
        expect(await gone.called).toMatchObject({ code: 'client_gone' })
        await new Promise((resolve) => setTimeout(resolve, 300)) // it would start now
        expect(started).toEqual(['first'])
      })
  },
)

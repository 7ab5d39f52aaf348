import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ConnectOptions, connect, fetchTransport } from '@sse/client'
import { feedPool } from '@sse/client/hooks'
import { polyfillTransport } from '@sse/client/polyfill'
import { tabsTransport } from '@sse/client/tabs'
import type { Transport } from '@sse/client/transport'
import { SseError } from '@sse/contract'
import { createHub, memory, type RunStreamOptions } from '@sse/server'
import { type NodeNative, sse } from '@sse/server/node'
import { until } from '@sse/test-support/until'
import { describe, expect, it, vi } from 'vitest'
import { type Answers, answers } from './answers.ts'
import { closeLater, startRuns } from './scope.ts'

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeLater(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Serves runs with one that waits until it is stopped. */
async function serve(options: Partial<RunStreamOptions<Answers, NodeNative>> = {}, engine = memory()) {
  const { runs } = startRuns(engine)
  const given = { authorize: () => true, onError: () => {}, ...options } as never
  const stops: (string | undefined)[] = []
  const mount = sse(runs, given)
  const baseUrl = await listen((req, res) => {
    if (req.url?.includes('/stop')) stops.push(req.url)
    mount(req, res)
  })
  const start = (id: string) =>
    runs.start(id, async function* ({ event, signal }) {
      yield event('delta', 'a')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      yield event('delta', 'too late')
    })
  return { runs, start, baseUrl, stops }
}

function follow(baseUrl: string, options: ConnectOptions = {}, run = 'a b') {
  const errors: unknown[] = []
  const feed = connect(answers, {
    baseUrl,
    params: { run },
    reconnect: { jitterMs: 1, maxJitterMs: 5 },
    onError: (error) => errors.push(error),
    ...options,
  })
  closeLater(() => feed.close())
  const seen: string[] = []
  feed.on('delta', (delta) => seen.push(delta))
  return { feed, seen, errors }
}

const custom: Transport = (request, events) => fetchTransport(request, events)
const STOPPED = { state: 'closed', reason: 'ended', end: { status: 'stopped' } }

describe('feed.stop()', () => {
  it.each([
    ['fetch', fetchTransport],
    ['the polyfill', polyfillTransport],
    ['tabs', tabsTransport()],
    ['a transport of the app', custom],
  ])('over %s stops the run, and the stream ends with what it resolves with', async (_, transport) => {
    const { start, baseUrl } = await serve()
    const run = await start('a b')
    const { feed, seen } = follow(baseUrl, { transport })
    await until(() => seen.length === 1)
    expect(feed.status.end).toBeUndefined()
    expect(await feed.stop()).toEqual({ status: 'stopped' })
    expect(await run.done).toEqual({ status: 'stopped' })
    await until(() => feed.status.state === 'closed')
    expect(feed.status).toEqual(STOPPED)
    expect(seen).toEqual(['a'])
  })

  it('in one of several tabs ends all of them with the end of the run, and a later tab too', async () => {
    const { start, baseUrl } = await serve()
    await start('a b')
    const transport = tabsTransport()
    const tabs = [1, 2, 3].map(() => follow(baseUrl, { transport }))
    await until(() => tabs.every(({ seen }) => seen.length === 1))
    await tabs[2]?.feed.stop()
    await until(() => tabs.every(({ feed }) => feed.status.state === 'closed'))
    for (const { feed } of tabs) expect(feed.status).toEqual(STOPPED)
    const later = follow(baseUrl, { transport })
    await until(() => later.feed.status.state === 'closed')
    expect(later.feed.status).toEqual(STOPPED)
    expect(later.seen).toEqual(['a'])
  })

  it('resolves with the end that came first, and of a feed that knows it, without a request', async () => {
    const { runs, baseUrl, stops } = await serve()
    const run = await runs.start('a b', () => {
      throw new SseError('quota', 'No tokens left')
    })
    await run.done
    const end = { status: 'failed', code: 'quota', message: 'No tokens left' }
    const { feed } = follow(baseUrl)
    feed.close()
    expect(await feed.stop()).toEqual(end) // a closed feed stops its run all the same
    feed.reopen()
    await until(() => feed.status.state === 'closed' && feed.status.reason === 'ended')
    expect(await feed.stop()).toEqual(end)
    expect(stops).toEqual(['/answers/a%20b/stop'])
  })

  it('sends the URL and headers of the stream, and again with a fresh token after 401', async () => {
    const { start, baseUrl, stops } = await serve({
      authorize: ({ req }) => (req.headers.authorization === 'fresh' ? 'ada' : null),
    })
    await start('a b')
    let token = 'stale'
    const refresh = vi.fn(() => {
      token = 'fresh'
    })
    const { feed, errors } = follow(baseUrl, {
      headers: () => ({ authorization: token }),
      url: (url) => `${url}?ticket=1`,
      refresh,
    })
    feed.close()
    expect(await feed.stop()).toEqual({ status: 'stopped' })
    expect(stops).toEqual(['/answers/a%20b/stop?ticket=1', '/answers/a%20b/stop?ticket=1'])
    expect(refresh).toHaveBeenCalledOnce()
    expect(errors).toEqual([])
  })

  it('rejects with what the server said, and reports it: refused, unknown, or its engine down', async () => {
    const engine = memory()
    const { start, baseUrl } = await serve({ authorize: ({ params }) => params.run !== 'other' }, engine)
    await start('a b')
    const stop = async (run: string, status: number, code: string) => {
      const { feed, errors } = follow(baseUrl, {}, run)
      feed.close()
      const failure = await feed.stop().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'http_status', status, cause: { code } })
      expect(errors).toEqual([failure])
    }
    await stop('other', 403, 'forbidden')
    await stop('unknown', 404, 'run_unknown')
    const away = vi.spyOn(engine, 'read').mockRejectedValue(new SseError('engine_unavailable', 'cut off'))
    await stop('a b', 503, 'internal')
    away.mockRestore()
    const { feed } = follow(baseUrl)
    expect(await feed.stop()).toEqual({ status: 'stopped' })
  })

  it('rejects with 404 where the stream is no run', async () => {
    const source = sse(answers, async function* ({ event }) {
      yield event('delta', 'a')
    })
    const hub = createHub(answers)
    closeLater(() => hub.close())
    for (const mount of [source, sse(hub, { authorize: () => true, channels: 'a' })]) {
      const { feed } = follow(await listen(mount))
      await expect(feed.stop()).rejects.toMatchObject({ code: 'http_status', status: 404 })
    }
  })

  it('rejects with content_type for an answer that is not the end of a run', async () => {
    for (const body of ['<html>', '', 'null', '{}', '{"status":1}']) {
      const { feed } = follow(await listen((_, res) => res.end(body)))
      await expect(feed.stop()).rejects.toMatchObject({ code: 'content_type', status: 200 })
    }
  })

  it('rejects with idle after the idle timeout, and with network without a server; then the next call may succeed', async () => {
    let isHung = true
    const baseUrl = await listen((_, res) => {
      if (!isHung) res.end('{"status":"stopped"}')
    })
    const { feed } = follow(baseUrl, { idleTimeoutMs: 50 })
    feed.close()
    await expect(feed.stop()).rejects.toMatchObject({ code: 'idle' })
    isHung = false
    await until(async () => (await feed.stop()).status === 'stopped') // a busy machine may be slower
    const { feed: alone } = follow('http://127.0.0.1:1')
    await expect(alone.stop()).rejects.toMatchObject({ code: 'network' })
  })

  it('may be ignored: its rejection is reported only', async () => {
    const { feed, errors } = follow('http://127.0.0.1:1')
    feed.close()
    feed.stop()
    await until(() => errors.length === 1)
  })

  it('of a component’s feed is that of the connection it shares, and rejects once the component has closed it', async () => {
    const { start, baseUrl } = await serve()
    await start('a b')
    const pool = feedPool(connect)
    const options = { baseUrl, params: { run: 'a b' } }
    const [one, two] = [pool.feed(answers, options), pool.feed(answers, options)]
    const release = [one.retain(), two.retain()]
    await until(() => two.status.state === 'open')
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([
      { status: 'stopped' },
      { status: 'stopped' },
    ])
    await until(() => two.status.state === 'closed')
    expect([one.status, two.status]).toEqual([STOPPED, STOPPED])
    one.close()
    await expect(one.stop()).rejects.toMatchObject({ code: 'network' })
    for (const each of release) each()
  })
})

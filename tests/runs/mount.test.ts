import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SseError } from '@sse/contract'
import { memory, type RunStreamOptions } from '@sse/server'
import { type NodeNative, sse } from '@sse/server/node'
import type { RunContext, RunSource, RunsOptions } from '@sse/server/runs'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { describe, expect, it, vi } from 'vitest'
import type { Answers } from './answers.ts'
import { deferred } from './deferred.ts'
import { closeLater, startRuns } from './scope.ts'

type Context = RunContext<Answers>
type Options = RunStreamOptions<Answers, NodeNative>

/** The runs that a POST starts, on a real server. */
async function serve(
  source: RunSource<Answers>,
  { engine = memory(), ...options }: Partial<Options> & { engine?: ReturnType<typeof memory> } = {},
  runsOptions: RunsOptions<Answers> = {},
) {
  const { runs } = startRuns(engine, runsOptions)
  const given = { authorize: () => true, onError() {}, start: () => source, ...options } as Options
  const server = createServer(sse(runs, given))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeLater(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const url = (path: string) => `http://127.0.0.1:${port}/answers/${path}`
  const follow = async (id: string, lastEventId?: string) => {
    const reader = await StreamReader.open(url(id), lastEventId)
    closeLater(() => reader.close())
    return reader
  }
  const post = (path: string) =>
    fetch(url(path), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  const stop = async (id: string) => (await post(`${id}/stop`)).json()
  const status = async (id: string) => (await fetch(url(`${id}/status`))).json()
  return { runs, url, follow, post, stop, status }
}

const endOf = async (reader: StreamReader) => JSON.parse((await reader.message('sse.end')).data)
const stopped = ({ signal }: Context) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

describe('a source behind sse(runs)', () => {
  it.each([
    ['an error for clients', new SseError('quota', 'None left'), { code: 'quota', message: 'None left' }],
    ['any other error', new Error('secret'), { code: 'internal', message: 'Internal error' }],
  ])(
    'that throws %s is the end of its stream, before its first event and after it',
    async (_, error, shown) => {
      const atOnce = await serve(() => {
        throw error
      })
      // biome-ignore lint/correctness/useYield: it throws first
      const first = await serve(async function* () {
        throw error
      })
      const later = await serve(async function* ({ event }: Context) {
        yield event('delta', 'a')
        throw error
      })
      const end = { status: 'failed', ...shown }
      for (const { post, status, stop } of [atOnce, first, later]) {
        const response = await post('a')
        expect(response.status).toBe(200)
        const text = await response.text()
        expect(text).toContain(`event: sse.end\ndata: ${JSON.stringify(end)}\n`)
        expect(text.includes('data: "a"')).toBe(post === later.post)
        expect(await status('a')).toMatchObject(end)
        expect(await stop('a')).toEqual(end) // it stays as it is
      }
    },
  )

  it('that never yields is followed with heartbeats, and stopped', async () => {
    const { post, stop, status, follow } = await serve(() => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    }))
    const response = await post('a')
    expect(response.status).toBe(200)
    const reader = await follow('a')
    await reader.until(({ text }) => text.split(/^:$/m).length > 3)
    expect(await status('a')).toMatchObject({ status: 'running', attempt: 1 })
    expect(await stop('a')).toEqual({ status: 'stopped' })
    expect(await endOf(reader)).toEqual({ status: 'stopped' })
    expect(await response.text()).toContain('{"status":"stopped"}')
  })

  it('that ignores its signal and yields on is stopped all the same, and no viewer sees what it yields then', async () => {
    const go = deferred()
    const isOver = deferred()
    const { post, stop, follow } = await serve(async function* ({ event }: Context) {
      yield event('delta', 'a')
      await go.promise
      try {
        for (let n = 0; n < 5; n += 1) yield event('delta', 'too late')
      } finally {
        isOver.resolve()
      }
    })
    await post('a')
    const early = await follow('a')
    await early.until(({ payloads }) => payloads.length === 1)
    expect(await stop('a')).toEqual({ status: 'stopped' })
    go.resolve()
    await isOver.promise
    const late = await follow('a')
    for (const reader of [early, late]) {
      expect(await endOf(reader)).toEqual({ status: 'stopped' })
      expect(reader.payloads).toEqual(['a'])
    }
  })
})

describe('ids, groups and identities behind sse(runs)', () => {
  it.each(['x'.repeat(201), '%0A', '%7F'])('the id %s names no run, which every request says', async (id) => {
    const start = vi.fn(() => [])
    const { url, post } = await serve(start)
    for (const path of [id, `${id}/status`]) {
      const response = await fetch(url(path))
      expect([response.status, (await response.json()).code]).toEqual([404, 'run_unknown'])
    }
    for (const path of [id, `${id}/stop`]) {
      const response = await post(path)
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({
        code: 'option_invalid',
        message: "A run's id must be a string of 1 to 200 characters without control characters",
      })
    }
    expect(start).not.toHaveBeenCalled()
  })

  it('an empty id is another path', async () => {
    const { url, post } = await serve(() => [])
    for (const response of [await fetch(url('')), await post('')]) expect(response.status).toBe(404)
  })

  it.each(['', 'x'.repeat(201), 'a\nb'])('the group %j is refused with 400', async (group) => {
    const { runs, post } = await serve(() => [], { start: () => ({ source: () => [], group }) })
    const response = await post('a')
    expect(response.status).toBe(400)
    expect((await response.json()).message).toBe(
      "A run's group must be a string of 1 to 200 characters without control characters",
    )
    await expect(runs.status('a')).rejects.toMatchObject({ code: 'run_unknown' })
  })

  it('a run of another person can be neither followed, started, stopped nor looked at', async () => {
    const authorize: Options['authorize'] = ({ req, params }) =>
      params.run.startsWith(`${req.headers.authorization}-`) && String(req.headers.authorization)
    const { runs, url } = await serve(
      async function* (context: Context) {
        yield context.event('delta', 'a')
        await stopped(context)
      },
      { authorize },
    )
    const ask = (user: string, path: string, method = 'GET') =>
      fetch(url(path), { method, headers: { authorization: user, 'content-type': 'application/json' } })
    const own = await ask('ada', 'ada-1', 'POST')
    expect(own.status).toBe(200)
    for (const [path, method] of [['ada-1'], ['ada-1', 'POST'], ['ada-1/stop', 'POST'], ['ada-1/status']]) {
      const response = await ask('ben', path as string, method)
      expect([path, response.status, (await response.json()).code]).toEqual([path, 403, 'forbidden'])
    }
    expect(await runs.status('ada-1')).toMatchObject({ status: 'running' })
    expect((await ask('ada', 'ada-1/stop', 'POST')).status).toBe(200)
    await own.text()
  })
})

describe('an engine that is down behind sse(runs)', () => {
  it('answers every request with 503 and calls no source; the same requests succeed afterwards', async () => {
    const engine = memory()
    const source = vi.fn(function* ({ event }: Context) {
      yield event('delta', 'a')
    })
    const { url, post, status } = await serve(source, { engine })
    const down = new SseError('engine_unavailable', 'cut off at 10.0.0.1')
    const spies = [vi.spyOn(engine, 'read'), vi.spyOn(engine, 'append')]
    for (const spy of spies) spy.mockRejectedValue(down)
    const responses = [
      await post('a'),
      await fetch(url('a')),
      await post('a/stop'),
      await fetch(url('a/status')),
    ]
    for (const response of responses) {
      expect(response.status).toBe(503)
      expect(await response.json()).toEqual({ code: 'internal', message: 'Internal error' })
    }
    expect(source).not.toHaveBeenCalled()
    for (const spy of spies) spy.mockRestore()
    await until(async () => (await post('a')).status === 200)
    await until(async () => (await status('a')).status === 'completed')
    expect(source).toHaveBeenCalledOnce()
  })
})

describe('viewers of sse(runs)', () => {
  it('at every point of a run’s life see all of it or what follows their id, and the same end', async () => {
    const steps = [deferred(), deferred()]
    const { post, follow, url, stop } = await serve(async function* (context: Context) {
      yield context.event('delta', '0')
      await steps[0]?.promise
      yield context.event('delta', '1')
      await steps[1]?.promise
      yield context.event('delta', '2')
      await stopped(context)
    })
    expect((await fetch(url('a'))).status).toBe(404) // before its start
    await post('a')
    const viewers: (readonly [reader: StreamReader, expected: string[]])[] = []
    const add = async (expected: string[], lastEventId?: string) =>
      viewers.push([await follow('a', lastEventId), expected])
    const all = ['0', '1', '2']
    await add(all)
    const [[first]] = viewers as [readonly [StreamReader, string[]]]
    await first.until(({ payloads }) => payloads.length === 1)
    await add(all)
    await add(['1', '2'], first.events[0]?.id)
    steps[0]?.resolve()
    await first.until(({ payloads }) => payloads.length === 2)
    await add(all)
    await add(['2'], first.events[1]?.id)
    steps[1]?.resolve()
    await first.until(({ payloads }) => payloads.length === 3)
    const stops = [stop('a'), stop('a'), add(all), add([], first.events[2]?.id)] // at its end
    expect(await Promise.all(stops)).toMatchObject([{ status: 'stopped' }, { status: 'stopped' }, {}, {}])
    await add(all) // after it
    await add(['1', '2'], first.events[0]?.id)
    for (const [reader, expected] of viewers) {
      expect(await endOf(reader)).toEqual({ status: 'stopped' })
      expect(reader.payloads).toEqual(expected)
    }
    const seen = await fetch(url('a'), { headers: { 'last-event-id': 'sse.end' } })
    expect(seen.status).toBe(204)
  })

  it('get 404 for a run that retention has removed, with an id of it too', async () => {
    const engine = memory()
    const { post, follow, url, stop } = await serve(
      async function* (context: Context) {
        yield context.event('delta', 'a')
        await stopped(context)
      },
      { engine },
      { ring: { maxEvents: 1 } },
    )
    await post('a')
    const viewer = await follow('a')
    await viewer.until(({ payloads }) => payloads.length === 1)
    await stop('a')
    await endOf(viewer)
    await engine.trim({ maxEvents: 0, maxAgeMs: Number.POSITIVE_INFINITY, maxCommitAgeMs: 1e12 })
    for (const lastEventId of [undefined, viewer.events[0]?.id]) {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      const response = await fetch(url('a'), { headers })
      expect([response.status, (await response.json()).code]).toEqual([404, 'run_unknown'])
    }
    expect((await fetch(url('a/status'))).status).toBe(404)
  })
})

describe('races behind sse(runs)', () => {
  it('of starts, stops and the completion have one runner and one end, in every answer and stream', async () => {
    for (let round = 0; round < 20; round += 1) {
      const source = vi.fn(async function* ({ event }: Context) {
        for (let n = 0; n < 3; n += 1) {
          yield event('step', { n })
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
        }
      })
      const { post, stop, status, follow } = await serve(source)
      const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 12))
      const posts = [1, 2, 3].map(async () => (await post('a')).text())
      const stops = [1, 2, 3].map(async () => {
        await pause()
        return stop('a')
      })
      const [texts, ends] = [await Promise.all(posts), await Promise.all(stops)]
      const { status: end } = await status('a')
      expect(['completed', 'stopped']).toContain(end)
      expect(ends).toEqual(ends.map(() => ({ status: end })))
      for (const text of texts) expect(text).toContain(`event: sse.end\ndata: {"status":"${end}"}\n`)
      const late = await follow('a')
      expect(await endOf(late)).toEqual({ status: end })
      const steps = texts.map((text) => [...text.matchAll(/"n":(\d)/g)].map(([, n]) => Number(n)))
      expect(steps).toEqual(steps.map(() => late.payloads.map((step) => (step as { n: number }).n)))
      expect(source.mock.calls.length).toBeLessThanOrEqual(1)
    }
  })
})

import { createServer } from 'node:http'
import { defineStream, SseError, type } from '@sse/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listen, stream } from '../fixtures/adapter-servers.ts'
import { read } from '../fixtures/hub-server.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { type NodeNative, sse } from '../node/node.ts'
import { createRuns, type RunContext, type Runs } from '../runs/index.ts'
import type { RunStreamOptions } from './run-options.ts'

type Stream = typeof stream
type Options = RunStreamOptions<Stream, NodeNative>

const open: Runs<Stream>[] = []

afterEach(async () => {
  for (const runs of open.splice(0)) await runs.close()
})

function newRuns(): Runs<Stream> {
  const runs = createRuns(stream, { onError() {} })
  open.push(runs)
  return runs
}

async function serve(options: Partial<Options> = {}, runs = newRuns()) {
  const given = { authorize: () => true, onError: () => {}, ...options } as Options
  const { origin } = await scoped(listen(createServer(sse(runs, given))))
  const post = (path: string, init: RequestInit = {}) =>
    fetch(`${origin}/leads/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      ...init,
    })
  return { runs, url: `${origin}/leads/ada`, post }
}

async function* once({ event }: RunContext<Stream>) {
  yield event('count', 1)
}

describe('start', () => {
  it('may read the request first, and returns options of the start next to the source', async () => {
    const { runs, post } = await serve({
      authorize: () => ({ id: 'ada' }),
      async start({ req, identity, params }) {
        let body = ''
        for await (const chunk of req) body += chunk
        const { chat } = JSON.parse(body)
        const group = `${(identity as { id: string }).id}:${chat}`
        return { source: ({ event }) => [event('text', `${params.owner} ${body.length}`)], group }
      },
    })
    const response = await post('a', { body: '{"chat":"x"}' })
    expect(await response.text()).toContain('data: "a 12"')
    expect(await runs.latest('ada:x')).toMatchObject({ id: 'a', status: 'completed' })
  })

  it('is called for every POST, and its source once: two posts at the same time follow one run', async () => {
    const makeSource = vi.fn()
    const source = vi.fn(once)
    const { post } = await serve({
      start: () => {
        makeSource()
        return source
      },
    })
    const texts = await Promise.all([post('a'), post('a')].map(async (each) => (await each).text()))
    for (const text of texts) expect(text).toMatch(/event: count\ndata: 1\n[\s\S]*event: sse.end/)
    expect(makeSource).toHaveBeenCalledTimes(2)
    expect(source).toHaveBeenCalledOnce()
  })

  it.each([
    ['throws an SseError', () => Promise.reject(new SseError('quota', 'None left', { status: 429 })), 429],
    ['throws', () => Promise.reject(new Error('secret')), 500],
    ['returns nothing', () => undefined, 500],
    ['returns no source', () => ({ group: 'g' }), 500],
    ['returns an invalid group', () => ({ source: once, group: '' }), 400],
  ])('that %s starts nothing', async (_, start, status) => {
    const onError = vi.fn()
    const { runs, post } = await serve({ start: start as never, onError })
    const response = await post('a')
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('secret')
    expect(onError).toHaveBeenCalledOnce()
    await expect(runs.status('a')).rejects.toMatchObject({ code: 'run_unknown' })
  })

  it('that was stopped before it arrives does not start: the stop is the end', async () => {
    const source = vi.fn(once)
    const { post } = await serve({ start: () => source })
    expect(await (await post('a/stop')).json()).toEqual({ status: 'stopped' })
    expect(await (await post('a')).text()).toMatch(/event: sse.end\ndata: {"status":"stopped"}/)
    expect(source).not.toHaveBeenCalled()
  })
})

describe('id', () => {
  it('names the run of all requests, from the identity too, and stays on the server', async () => {
    const { runs, url, post } = await serve({
      authorize: ({ req }) => req.headers.authorization,
      id: async ({ params, identity }) => `${identity}:${params.owner}`,
      start: () => once,
    })
    const ada = { authorization: 'ada', 'content-type': 'application/json' }
    await (await post('ada', { headers: ada })).text()
    expect(await runs.status('ada:ada')).toMatchObject({ status: 'completed' })
    const status = await fetch(`${url}/status`, { headers: ada })
    expect(Object.keys((await status.json()) as object).sort()).toEqual(
      ['attempt', 'endedAt', 'startedAt', 'status'].sort(),
    )
    expect((await fetch(`${url}/status`, { headers: { authorization: 'ben' } })).status).toBe(404)
  })

  it.each(['%0A', 'x'.repeat(201), '%ED%A0%80'])(
    'that no run can have, such as %s, is answered with 404, and with 400 when it is to be started or stopped',
    async (owner) => {
      const { url, post } = await serve({ start: () => once })
      const at = (path: string) => fetch(url.replace('ada', `${owner}${path}`))
      for (const response of [await at(''), await at('/status')]) expect(response.status).toBe(404)
      for (const response of [await post(owner), await post(`${owner}/stop`)]) {
        expect([400, 404]).toContain(response.status)
        expect((await response.json()).code).toMatch(/^(option_invalid|not_found)$/)
      }
    },
  )
})

describe('the limits of runs', () => {
  it('count a follower once, from authorize on, and refuse another one', async () => {
    const runs = createRuns(stream, { maxConnectionsPerIdentity: 1, onError() {} })
    open.push(runs)
    const { url, post } = await serve({ authorize: () => 'ada' }, runs)
    await runs.start('ada', async function* ({ event, signal }) {
      yield event('count', 1)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const reader = await read(url)
    await reader.until(({ events }) => events.length === 1)
    expect(runs.stats().connections).toBe(1)
    expect((await fetch(url)).status).toBe(503)
    expect((await post('ada/stop')).status).toBe(200) // not counted
    await reader.message('sse.end')
  })
})

describe('at definition time', () => {
  const mount = (path: `/${string}`, options: object = {}) => {
    const runs = createRuns(defineStream({ path, events: { count: type<number>() } }))
    return () => sse(runs as never, { authorize: () => true, ...options } as never)
  }

  const authorize = () => true

  it.each([
    [undefined, 'options must be an object'],
    [{}, 'authorize is required for runs'],
    [{ authorize: true }, 'authorize must be a function'],
    [{ authorize, start: [] }, 'start must be a function'],
    [{ authorize, id: 'a' }, 'id must be a function'],
    [{ authorize, maxEventBytes: 1 }, 'maxEventBytes is not an option of a run stream'],
    [{ authorize, heartbeatMs: 1 }, 'heartbeatMs belongs in the contract'],
  ])('%o is rejected', (options, message) => {
    expect(() => sse(newRuns(), options as never)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining(message) }),
    )
  })

  it('a path without, or with several, parameters requires the option id', () => {
    expect(mount('/runs')).toThrow('id is required: "/runs" has 0 parameters')
    expect(mount('/:chat/runs/:run')).toThrow('has 2 parameters')
    expect(mount('/:chat/runs/:run', { id: () => 'a' })).not.toThrow()
  })

  it('runs are no source', () => {
    expect(() => sse(stream, newRuns() as never)).toThrow('its stream is sse(runs, options)')
  })
})

import { createServer } from 'node:http'
import { SseError } from '@sse/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ADAPTERS, listen, stream } from '../fixtures/adapter-servers.ts'
import { MOUNTS } from '../fixtures/hub-mounts.ts'
import { read, serveHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import { sse } from '../node/node.ts'
import { createRuns } from '../runs/index.ts'
import { aiSdk, type Dialect, defineDialect, graphql, plain } from './index.ts'

afterEach(() => {
  vi.useRealTimers()
})

const SECRET = 'postgres://admin:secret@10.0.0.1'

/** Has an event for everything. */
const loud: Dialect = {
  headers: { 'X-Dialect': 'loud' },
  open: (id) => ({ event: 'hello', data: { id } }),
  heartbeat: (id) => ({ event: 'beat', data: { id } }),
  end: (end) => ({ event: 'bye', data: end ?? 'over' }),
  error: ({ code, message }) => ({ event: 'oops', data: { code, message } }),
  gap: ({ reason }, id) => ({ event: 'hole', data: { reason, id } }),
  close: ({ code }, retryMs) => [{ retry: retryMs }, { event: 'later', data: code }],
}
const dialect = defineDialect(loud)

describe.each(ADAPTERS)('on $name', ({ start, fetch, name }) => {
  it('a dialect decides about headers, the end and a failure of a generator stream', async () => {
    const options = { dialect, onError() {} }
    const { origin } = await scoped(
      start(async function* ({ event, params }) {
        yield event('count', 1)
        if (params.owner === 'fails') throw new Error(SECRET)
      }, options),
    )
    const response = await fetch(`${origin}/leads/1`)
    expect(response.headers.get('x-dialect')).toBe('loud')
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toBe(':\nevent: count\ndata: 1\n\nevent: bye\ndata: over\n\n')
    const failed = await (await fetch(`${origin}/leads/fails`)).text()
    expect(failed).toBe(
      ':\nevent: count\ndata: 1\n\nevent: oops\ndata: {"code":"internal","message":"Internal error"}\n\n',
    )
    if (name.startsWith('nest')) return
    const head = await fetch(`${origin}/leads/1`, { method: 'HEAD' })
    expect(head.headers.get('x-dialect')).toBe('loud')
  })
})

describe.each(MOUNTS)('on $name', ({ start, fetch }) => {
  it('a dialect decides about headers and the greeting of a hub’s stream', async () => {
    const hub = testHub()
    const { lastEventId } = await hub.getState(() => 0)
    await hub.publish('ada', 'count', 1)
    const { origin } = await scoped(
      start(hub, { dialect, authorize: () => 'ada', channels: 'ada', after: () => lastEventId }),
    )
    const response = await fetch(`${origin}/leads/1`)
    expect(response.headers.get('x-dialect')).toBe('loud')
    const greeting = `event: hello\ndata: {"id":"${lastEventId}"}\n\n`
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('event: count')) text += (await reader?.read())?.value
    expect(text).toMatch(new RegExp(`^:\\n${greeting}id: \\w+-1\\nevent: count\\ndata: 1\\n\\n`))
    await reader?.cancel()
  })
})

describe('a hub’s stream', () => {
  it('is the same events in every dialect, with one heartbeat for all of a dialect', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const heartbeat = vi.fn(() => ({ event: 'beat', data: 1 }))
    const hub = testHub()
    const counted = defineDialect({ heartbeat })
    const own = await serveHub(hub, { dialect: counted })
    const native = await serveHub(hub)
    const readers = [
      await read(`${own.origin}/leads/1`),
      await read(`${own.origin}/leads/1`),
      await read(`${native.origin}/leads/1`),
    ]
    await eventually(() => hub.stats().connections === 3)
    await hub.publish('everyone', 'count', 1)
    for (const reader of readers) await reader.message('count')
    expect(heartbeat).not.toHaveBeenCalled()
    vi.advanceTimersByTime(15_000)
    for (const reader of readers.slice(0, 2)) await reader.message('beat')
    await readers[2]?.message('sse.heartbeat')
    expect(heartbeat).toHaveBeenCalledTimes(1)
    expect(heartbeat).toHaveBeenCalledWith(readers[0]?.lastEventId)
    expect(readers[0]?.text).not.toContain('sse.')
    const [frame] = /id: \w+-1\nevent: count\ndata: 1\n\n/.exec(readers[2]?.text ?? '') ?? []
    expect(readers[0]?.text).toContain(frame)
  })

  it('reports a gap as the dialect encodes it, also where a generator yields the events of a loop', async () => {
    const hub = testHub()
    await hub.publish('everyone', 'count', 1)
    const direct = await serveHub(hub, { dialect })
    const loop = sse(stream, { dialect }, async function* ({ lastEventId }) {
      yield* hub.subscribe('everyone', { after: lastEventId, untilHead: true })
    })
    const looped = await scoped(listen(createServer(loop)))
    for (const { origin } of [direct, looped]) {
      const reader = await read(`${origin}/leads/1`, 'unknown-1')
      const hole = await reader.message('hole')
      expect(JSON.parse(hole.data)).toEqual({ reason: 'epoch', id: expect.stringMatching(/^\w+-\d$/) })
      expect(reader.text).not.toContain('sse.')
    }
  })

  it('ends with the dialect’s event when access is revoked and when the hub drains', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub, { dialect })
    const revoked = await read(`${origin}/leads/ada`)
    const drained = await read(`${origin}/leads/bob`)
    for (const reader of [revoked, drained]) await reader.message('hello')
    await hub.revoke('ada')
    expect((await revoked.message('oops')).data).toContain('"revoked"')
    await hub.drain()
    expect((await drained.message('later')).data).toBe('shutdown')
    expect(drained.text).toMatch(/retry: \d+\nevent: later/)
  })

  it('ends cleanly when the hub drains and the dialect has no event for it', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub, { dialect: defineDialect({}) })
    const reader = await read(`${origin}/leads/ada`)
    await eventually(() => hub.stats().connections === 1)
    await hub.publish('ada', 'count', 1)
    await reader.message('count')
    await hub.drain()
    await reader.over()
    expect(reader.text).toMatch(/^:\nid: \w+-1\nevent: count\ndata: 1\n\n$/)
  })
})

describe('a run', () => {
  it('ends with the dialect’s event, which gets its status', async () => {
    const runs = createRuns(stream, { onError() {} })
    const done = await runs.start('done', function* ({ event }) {
      yield event('count', 1)
    })
    await done.done
    const failing = await runs.start('fails', () => {
      throw new SseError('quota', 'No credit left', { cause: SECRET })
    })
    await failing.done
    await runs.stop('stopped')
    const handler = sse(stream, { dialect }, ({ params }) => runs.follow(params.owner))
    const { origin } = await scoped(listen(createServer(handler)))
    const endOf = async (id: string) =>
      JSON.parse((await (await read(`${origin}/leads/${id}`)).message('bye')).data)
    expect(await endOf('done')).toEqual({ status: 'completed' })
    expect(await endOf('fails')).toEqual({ status: 'failed', code: 'quota', message: 'No credit left' })
    expect(await endOf('stopped')).toEqual({ status: 'stopped' })
    await runs.close()
  })

  it('that is followed only while it runs is 204 once it has ended, and when it is unknown', async () => {
    const runs = createRuns(stream)
    const options = { onlyRunning: true }
    const handler = sse(stream, ({ params }) =>
      runs.follow(params.owner === 'group' ? { group: 'g' } : params.owner, options),
    )
    const { origin } = await scoped(listen(createServer(handler)))
    const statusOf = async (id: string) => (await fetch(`${origin}/leads/${id}`)).status
    expect([await statusOf('a'), await statusOf('group')]).toEqual([204, 204])
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const run = await runs.start(
      'a',
      async function* ({ event }) {
        yield event('count', 1)
        await finished
        yield event('count', 2)
      },
      { group: 'g' },
    )
    const seen: unknown[] = []
    const byId = await read(`${origin}/leads/a`)
    const byGroup = await read(`${origin}/leads/group`)
    finish()
    for await (const { payload } of runs.follow({ group: 'g' }, options)) seen.push(payload)
    await run.done
    for (const reader of [byId, byGroup]) expect((await reader.over()).payloads).toEqual([1, 2])
    expect(seen).toEqual([1, 2])
    expect([await statusOf('a'), await statusOf('group')]).toEqual([204, 204])
    for await (const event of runs.follow('a', options)) seen.push(event)
    expect(seen).toEqual([1, 2])
    await runs.close()
  })

  it('that is followed only while it runs is 204 also where the engine takes long to tell', async () => {
    const engine = memory()
    const read = engine.read.bind(engine)
    engine.read = async (...given) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return read(...given)
    }
    const runs = createRuns(stream, { engine })
    const handler = sse(stream, () => runs.follow('a', { onlyRunning: true }))
    const { origin } = await scoped(listen(createServer(handler)))
    expect((await fetch(`${origin}/leads/1`)).status).toBe(204)
    await runs.close()
  })

  it('that is followed only while it runs just ends where the source took so long that the response has started', async () => {
    const runs = createRuns(stream)
    const onError = vi.fn()
    const handler = sse(stream, { dialect, onError }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return runs.follow('a', { onlyRunning: true })
    })
    const { origin } = await scoped(listen(createServer(handler)))
    expect(await (await fetch(`${origin}/leads/1`)).text()).toBe(':\nevent: bye\ndata: over\n\n')
    expect(onError).not.toHaveBeenCalled()
    await runs.close()
  })

  it.each(['', 'a\0', 7])('of a group with the invalid name %j is refused where it is followed', (group) => {
    const runs = createRuns(stream)
    expect(() => runs.follow({ group: group as string })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
  })
})

it('plain() without an end leaves a stream that just ends, also when the server closes the connection', async () => {
  const hub = testHub()
  const { origin } = await serveHub(hub, { dialect: plain({ done: false }) })
  const reader = await read(`${origin}/leads/1`)
  await reader.until(({ text }) => text.includes('id: '))
  await hub.drain()
  await reader.over()
  expect(reader.text).toMatch(/^:\nid: \w+-0\n\n$/)
})

it('the dialects of other projects are made once', () => {
  expect(aiSdk()).toBe(aiSdk())
  expect(graphql()).toBe(graphql())
})

it('a request that is refused gets its status and JSON in every dialect, without the dialect’s headers', async () => {
  const options = { dialect, authorize: () => false as const, onError() {} }
  const { origin } = await scoped(listen(createServer(sse(stream, options, []))))
  const response = await fetch(`${origin}/leads/1`)
  expect(response.status).toBe(403)
  expect(response.headers.get('x-dialect')).toBeNull()
  expect(await response.json()).toMatchObject({ code: 'forbidden' })
})

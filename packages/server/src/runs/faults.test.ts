import { defineStream, SseError, type } from '@sse/contract'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memory, sse } from '../index.ts'
import type { Engine, PresenceStore } from '../log/engine.ts'
import { createRuns, type RunContext, type Runs, type RunsOptions } from './index.ts'

const contract = defineStream({
  path: '/answers/:run',
  events: { delta: type<string>(), step: type<{ n: number }>() },
})
type Contract = typeof contract
type Context = RunContext<Contract>

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

function testRuns(options: RunsOptions<Contract> = {}) {
  const errors: unknown[] = []
  const runs = createRuns(contract, { onError: (error) => errors.push(error), ...options })
  open.push(() => runs.close())
  return { runs, errors }
}

async function read(runs: Runs<Contract>, id: string): Promise<unknown[]> {
  const seen: unknown[] = []
  for await (const { payload } of runs.follow(id)) seen.push(payload)
  return seen
}

/**
 * An engine in memory whose verbs fail while `isAway` is set, and reads of older events without `hasHistory`. With
 * `keeps`, appends are stored all the same.
 */
function flaky() {
  const engine = memory()
  const state = { isAway: false, keeps: false, hasHistory: true }
  const away = () => new SseError('engine_unavailable', 'cut off')
  const guarded: Engine = {
    async append(entries) {
      if (!state.isAway) return engine.append(entries)
      if (state.keeps) await engine.append(entries)
      throw away()
    },
    read: (after, options) => {
      const fails = state.isAway || (options.isHistory && !state.hasHistory)
      return fails ? Promise.reject(away()) : engine.read(after, options)
    },
    onWake: () => () => {},
    trim: (retention) => engine.trim(retention),
    commit: (subscriber, commit) => engine.commit(subscriber, commit),
    committed: (subscribers) => (state.isAway ? Promise.reject(away()) : engine.committed(subscribers)),
    forget: (subscriber) => engine.forget(subscriber),
    close: () => engine.close(),
  }
  return { engine: guarded, state }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('a source', () => {
  it('that throws before its first event, or is no iterable, ends its run as failed and is reported', async () => {
    const { runs, errors } = testRuns()
    const sources: [string, (context: Context) => never][] = [
      [
        'throws',
        () => {
          throw new SseError('quota', 'No tokens left', { status: 402 })
        },
      ],
      ['no iterable', () => 7 as never],
      ['yields a string', () => ['a'] as never],
    ]
    const ends = []
    for (const [id, source] of sources) ends.push(await (await runs.start(id, source)).done)
    expect(ends).toEqual([
      { status: 'failed', code: 'quota', message: 'No tokens left' },
      { status: 'failed', code: 'internal', message: 'Internal error' },
      { status: 'failed', code: 'internal', message: 'Internal error' },
    ])
    expect(errors).toMatchObject([{ code: 'quota' }, { code: 'source_invalid' }, { code: 'message_invalid' }])
  })

  it('gets the error of an invalid payload at its yield, and may continue', async () => {
    const { runs } = testRuns()
    const codes: unknown[] = []
    const run = await runs.start('a', function* ({ event }) {
      const cycle: Record<string, unknown> = {}
      cycle.self = cycle
      for (const [name, payload] of [
        ['nothing', 1],
        ['step', cycle],
        ['delta', 1n],
        ['step', () => 1],
      ] as unknown as [never, never][]) {
        try {
          yield event(name, payload)
        } catch (error) {
          codes.push((error as SseError).code)
        }
      }
      yield event('delta', 'valid')
    })
    expect(await run.done).toEqual({ status: 'completed' })
    expect(codes).toEqual(['event_unknown', 'payload_invalid', 'payload_invalid', 'payload_invalid'])
    expect(await read(runs, 'a')).toEqual(['valid'])
  })

  it('may change an object that it has yielded', async () => {
    const { runs } = testRuns()
    const run = await runs.start('a', async function* ({ event }) {
      const step = { n: 0 }
      for (; step.n < 3; step.n += 1) yield event('step', step)
    })
    await run.done
    expect(await read(runs, 'a')).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
  })

  it('fails its run when a merge function throws, and is told by its signal', async () => {
    const merge = {
      delta: () => {
        throw new Error('cannot merge')
      },
    }
    const { runs, errors } = testRuns({ merge, batchMs: 1_000 })
    let reason: unknown
    const run = await runs.start('a', async function* ({ event, signal }) {
      signal.addEventListener('abort', () => {
        reason = signal.reason
      })
      for (;;) {
        yield event('delta', 'a')
        await pause(1)
      }
    })
    expect(await run.done).toMatchObject({ status: 'failed', code: 'internal' })
    expect(errors).toMatchObject([{ message: 'cannot merge' }])
    await until(() => reason)
  })

  it('that still waits ten seconds after its run was stopped is named', async () => {
    const { runs, errors } = testRuns()
    await runs.start('a', async function* ({ event }) {
      await new Promise(() => {})
      yield event('delta', 'never')
    })
    vi.useFakeTimers()
    try {
      await runs.stop('a')
      await vi.advanceTimersByTimeAsync(11_000)
    } finally {
      vi.useRealTimers()
    }
    expect(errors).toMatchObject([{ code: 'source_parked', message: expect.stringContaining('run "a"') }])
  })

  it('ends its run as failed when `onError` throws or rejects, too', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const [id, onError] of [
      [
        'throws',
        () => {
          throw new Error('onError')
        },
      ],
      [
        'rejects',
        async () => {
          throw new Error('onError')
        },
      ],
    ] as const) {
      const { runs } = testRuns({ onError })
      const run = await runs.start(id, () => {
        throw new Error('of the source')
      })
      expect(await run.done).toMatchObject({ status: 'failed' })
    }
    await until(() => logged.mock.calls.length === 2)
    expect(logged.mock.calls.map(([error]) => error.message)).toEqual(['onError', 'onError'])
    logged.mockRestore()
  })

  it('has its cleanup run, and its abort not taken for a failure, when its run is stopped', async () => {
    const { runs, errors } = testRuns()
    let isCleanedUp = false
    const run = await runs.start('a', async function* ({ event, signal }) {
      try {
        yield event('delta', 'a')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      } finally {
        isCleanedUp = true
      }
    })
    await runs.stop('a')
    expect(await run.done).toEqual({ status: 'stopped' })
    await until(() => isCleanedUp)
    expect(errors).toEqual([])
  })

  it('that has completed does not see its signal abort', async () => {
    const { runs } = testRuns()
    let signal: AbortSignal | undefined
    const run = await runs.start('a', async function* (context) {
      signal = context.signal
      yield context.event('delta', 'a')
    })
    await run.done
    await pause(5)
    expect(signal?.aborted).toBe(false)
  })

  it('is pulled no faster than its events are stored', async () => {
    const { engine, state } = flaky()
    const { runs } = testRuns({ engine })
    let yielded = 0
    await runs.start('a', async function* ({ event }) {
      for (; yielded < 10_000; yielded += 1) {
        yield event('step', { n: yielded })
        if (yielded === 10) state.isAway = true
      }
    })
    await until(() => yielded > 100)
    await pause(50)
    expect(yielded).toBeLessThan(1_000)
    state.isAway = false
    const seen = (await read(runs, 'a')) as { n: number }[]
    expect(seen.map(({ n }) => n)).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
  })
})

describe('an engine that is away', () => {
  it('lets no viewer that failed meanwhile end a run as lost, before its process could renew its lease', async () => {
    const { engine, state } = flaky()
    const present = new Set<string>()
    let hasExpired = false
    let looks = 0
    const presence: PresenceStore = {
      enter: async (process) => void present.add(process),
      leave: async (process) => void present.delete(process),
      touch: async () => true,
      present: async () => {
        looks += 1
        return hasExpired ? [] : [...present]
      },
    }
    const options = { engine: { ...engine, presence }, leaseMs: 600 }
    const { runs } = testRuns(options)
    const { runs: elsewhere } = testRuns(options)
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const run = await runs.start('a', async function* ({ event }) {
      yield event('delta', 'a')
      await finished
    })

    state.isAway = true
    await expect(read(elsewhere, 'a')).rejects.toMatchObject({ code: 'engine_unavailable' })
    hasExpired = true
    state.isAway = false
    const viewing = read(elsewhere, 'a')
    await until(() => looks === 2)
    hasExpired = false
    finish()
    expect(await run.done).toEqual({ status: 'completed' })
    expect(await viewing).toEqual(['a'])
  })

  it('lets start reject without calling the source, and the same start succeeds afterwards', async () => {
    const { engine, state } = flaky()
    const { runs } = testRuns({ engine })
    state.isAway = true
    const source = vi.fn(function* ({ event }: Context) {
      yield event('delta', 'a')
    })
    await expect(runs.start('a', source)).rejects.toMatchObject({ code: 'engine_unavailable' })
    await expect(runs.status('a')).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(source).not.toHaveBeenCalled()
    state.isAway = false
    const run = await runs.start('a', source)
    expect(run.joined).toBe(false)
    expect(await run.done).toEqual({ status: 'completed' })
    expect(source).toHaveBeenCalledOnce()
  })

  it.each(['a retry', 'no retry'])(
    'leaves no run behind that seems to be running after a start that was stored and rejected, with %s',
    async (retry) => {
      const { engine, state } = flaky()
      const { runs } = testRuns({ engine })
      await read(runs, 'warm up').catch(() => {})
      state.keeps = true
      const append = engine.append.bind(engine)
      engine.append = (entries) => {
        state.isAway = true
        return append(entries)
      }
      const source = vi.fn(function* ({ event }: Context) {
        yield event('delta', 'a')
      })
      await expect(runs.start('a', source)).rejects.toMatchObject({ code: 'engine_unavailable' })
      engine.append = append
      state.isAway = false
      if (retry === 'a retry') {
        expect(await (await runs.start('a', source)).done).toEqual({ status: 'completed' })
        expect(source).toHaveBeenCalledOnce()
      } else {
        await until(() =>
          runs.status('a').then(
            () => false,
            ({ code }) => code === 'run_unknown',
          ),
        )
        expect(source).not.toHaveBeenCalled()
      }
    },
  )

  it('in the middle of a run delays its events, and loses and doubles none', async () => {
    const { engine, state } = flaky()
    const { runs } = testRuns({ engine })
    const run = await runs.start('a', async function* ({ event }) {
      for (let n = 0; n < 60; n += 1) {
        yield event('step', { n })
        if (n % 20 === 10) {
          state.isAway = true
          state.keeps = n > 20
          setTimeout(() => {
            state.isAway = false
          }, 30)
        }
        await pause(1)
      }
    })
    expect(await run.done).toEqual({ status: 'completed' })
    expect(await read(runs, 'a')).toEqual(Array.from({ length: 60 }, (_, n) => ({ n })))
  })

  it('at the end of a run delays its end', async () => {
    const { engine, state } = flaky()
    const { runs, errors } = testRuns({ engine })
    const run = await runs.start('a', async function* ({ event }) {
      yield event('delta', 'a')
      await pause(5)
      state.isAway = true
      setTimeout(() => {
        state.isAway = false
      }, 100)
    })
    expect(await run.done).toEqual({ status: 'completed' })
    expect(errors.every((error) => (error as SseError).code === 'engine_unavailable')).toBe(true)
  })

  it('that fails under a viewer delays it: no event is lost or doubled, and the stream does not end', async () => {
    const { engine, state } = flaky()
    const { runs, errors } = testRuns({ engine, ring: { maxEvents: 1 } })
    let go = () => {}
    const run = await runs.start('a', async function* ({ event }) {
      for (let n = 0; n < 50; n += 1) yield event('step', { n })
      await new Promise<void>((resolve) => {
        go = resolve
      })
      yield event('step', { n: 50 })
    })
    await until(() => runs.stats().head > 50)
    state.hasHistory = false
    const handler = sse(contract, ({ params }) => runs.follow(params.run))
    const response = await handler(new Request('http://a/answers/a'))
    expect(response.status).toBe(200)
    await until(() => errors.length > 1) // the first attempt and a second one
    await expect(read(runs, 'a')).rejects.toMatchObject({ code: 'engine_unavailable' }) // a loop tells its caller
    state.hasHistory = true
    const text = response.text()
    await until(() => errors.length > 0)
    go()
    expect(await run.done).toEqual({ status: 'completed' })
    const steps = [...(await text).matchAll(/data: {"n":(\d+)}/g)].map(([, n]) => Number(n))
    expect(steps).toEqual(Array.from({ length: 51 }, (_, n) => n))
    expect(await text).not.toMatch(/sse\.(error|gap)/)
    expect(await text).toMatch(/event: sse.end\ndata: {"status":"completed"}\n\n$/)
  })

  it('makes the stream of a run 503 instead of an unknown run', async () => {
    const { engine, state } = flaky()
    const { runs } = testRuns({ engine })
    state.isAway = true
    const handler = sse(contract, { onError() {} }, ({ params }) => runs.follow(params.run))
    expect((await handler(new Request('http://a/answers/a'))).status).toBe(503)
  })
})

describe('retention', () => {
  it('that removes a run leaves it unknown, and tells a viewer in its middle', async () => {
    const engine = memory()
    const { runs } = testRuns({ engine, ring: { maxEvents: 1 }, retention: { maxEvents: 10_000 } })
    const run = await runs.start('a', async function* ({ event }) {
      for (let n = 0; n < 20; n += 1) yield event('step', { n })
    })
    await run.done
    const events = runs.follow('a')[Symbol.asyncIterator]()
    expect((await events.next()).value).toMatchObject({ payload: { n: 0 } })
    await engine.trim({ maxEvents: 0, maxAgeMs: Number.POSITIVE_INFINITY, maxCommitAgeMs: 1e12 })
    const rest = (async () => {
      for (;;) if ((await events.next()).done) return 'ended'
    })()
    // It may have read everything before: then it sees the end.
    expect(['run_unknown', 'ended']).toContain(await rest.catch(({ code }) => code))
    await expect(runs.status('a')).rejects.toMatchObject({ code: 'run_unknown' })
    await expect(read(runs, 'a')).rejects.toMatchObject({ code: 'run_unknown' })
  })

  it('keeps a run known while it is running, however long; a late viewer gets a gap first', async () => {
    const engine = memory()
    const { runs } = testRuns({ engine, retention: { maxAgeMs: 1_000 } })
    const go = { on: true }
    const run = await runs.start('a', async function* ({ event }) {
      for (let n = 0; go.on; n += 1) {
        yield event('step', { n })
        await pause(10)
      }
    })
    const before = Date.now()
    await pause(800)
    const { startedAt } = await runs.status('a')
    await until(async () => {
      await engine.trim({ maxEvents: 1e6, maxAgeMs: 700, maxCommitAgeMs: 1e12 })
      return Date.now() - before > 1_200
    })
    expect(await runs.status('a')).toMatchObject({ status: 'running', attempt: 1, startedAt })
    const seen: unknown[] = []
    for await (const { event } of runs.follow('a')) {
      seen.push(event)
      if (seen.length === 5) go.on = false
    }
    expect(seen.slice(0, 5)).toEqual(['gap', 'step', 'step', 'step', 'step'])
    expect(await run.done).toEqual({ status: 'completed' })
  })
})

it('a running run stays known however many events follow its start, also those of others; late viewers get a gap', async () => {
  const { runs } = testRuns({ retention: { maxEvents: 1_000 }, ring: { maxEvents: 10 } })
  const go = { on: true }
  const waiting = async function* ({ event }: RunContext<typeof contract>) {
    yield event('step', { n: 0 })
    await until(() => !go.on)
    yield event('step', { n: 1 })
  }
  const quiet = await runs.start('quiet', waiting, { group: 'chat' })
  const busy = await runs.start('busy', async function* ({ event }) {
    for (let n = 0; go.on; n += 1) {
      yield event('step', { n })
      if (n % 50 === 0) await pause(20)
    }
  })
  const whole = read(runs, 'busy')
  await until(() => runs.stats().head > 4_000)
  for (const id of ['quiet', 'busy']) expect(await runs.status(id)).toMatchObject({ status: 'running' })
  expect(await runs.latest('chat')).toMatchObject({ id: 'quiet', status: 'running' })
  const joined = await runs.start('other', () => expect.unreachable(), { group: 'chat' })
  expect(joined).toMatchObject({ id: 'quiet', joined: true })
  const late = ['quiet', 'busy'].map(async (id) => {
    const seen: { event: string; payload: unknown }[] = []
    for await (const { event, payload } of runs.follow(id)) seen.push({ event, payload })
    return seen
  })
  await pause(50)
  go.on = false
  expect(await Promise.all([quiet.done, busy.done])).toMatchObject([
    { status: 'completed' },
    { status: 'completed' },
  ])
  const [ofQuiet, ofBusy] = await Promise.all(late)
  expect(ofQuiet).toEqual([
    { event: 'gap', payload: { reason: 'trimmed' } },
    { event: 'step', payload: { n: 1 } },
  ])
  expect(ofBusy?.[0]).toEqual({ event: 'gap', payload: { reason: 'trimmed' } })
  const numbers = (ofBusy ?? []).slice(1).map(({ payload }) => (payload as { n: number }).n)
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
  // A viewer that keeps up misses nothing.
  expect((await whole).length).toBe((numbers.at(-1) ?? 0) + 1)
})

describe('ids, groups and options', () => {
  it.each([[''], ['x'.repeat(201)], ['a\nb'], ['\0'], ['\ud800'], [7], [undefined]])(
    'rejects the id %j',
    async (id) => {
      const { runs } = testRuns()
      const invalid = { code: 'option_invalid', status: 400, expose: true }
      await expect(runs.start(id as string, () => [])).rejects.toMatchObject(invalid)
      await expect(runs.stop(id as string)).rejects.toMatchObject(invalid)
      await expect(runs.latest(id as string)).rejects.toMatchObject(invalid)
      await expect(runs.status(id as string)).rejects.toMatchObject({ code: 'run_unknown', status: 404 })
      expect(() => runs.open(id as string, () => [])).toThrow('characters')
      if (id !== undefined) {
        await expect(runs.start('a', () => [], { group: id as string })).rejects.toMatchObject(invalid)
      }
    },
  )

  it('accepts any other text, and keeps ids apart that look alike', async () => {
    const { runs } = testRuns()
    const ids = ['1:a', 'a', '2:1:a', 'é', 'x'.repeat(200), 'a b/c?d#e', '🦊']
    const started = await Promise.all(ids.map((id) => runs.start(id, ({ event }) => [event('delta', id)])))
    await Promise.all(started.map(({ done }) => done))
    for (const id of ids) expect(await read(runs, id)).toEqual([id])
  })

  it.each([
    ['leaseMs', { leaseMs: 0 }],
    ['batchMs', { batchMs: -1 }],
    ['retention.maxAgeMs', { retention: { maxAgeMs: 1 } }],
    ['retention.maxEvents', { retention: { maxEvents: 999 } }],
    ['merge names "nothing"', { merge: { nothing: () => 1 } }],
    ['merge.delta', { merge: { delta: 1 } }],
    ['onError', { onError: 1 }],
    ['engine', { engine: {} }],
  ])('rejects an invalid %s', (message, options) => {
    expect(() => createRuns(contract, options as never)).toThrow(message)
  })

  it.each([
    ['ifRunning', { ifRunning: 'maybe' }],
    ['maxAttempts', { maxAttempts: 0 }],
    ['waitUntil', { waitUntil: 1 }],
  ])('rejects an invalid %s of a start', async (message, options) => {
    const { runs } = testRuns()
    await expect(runs.start('a', () => [], options as never)).rejects.toThrow(message)
    await expect(runs.start('a', 'source' as never)).rejects.toMatchObject({ code: 'source_invalid' })
  })
})

describe('a closed process', () => {
  it('ends its runs, rejects what waits for others, and takes nothing more', async () => {
    const { runs } = testRuns()
    const run = await runs.start('a', async function* ({ event, signal }) {
      yield event('delta', 'a')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const reading = read(runs, 'a')
    await runs.close()
    expect(await run.done.catch(({ code }) => code)).toMatchObject({ status: 'failed', code: 'shutdown' })
    expect(await reading.catch(({ code }) => code)).toBeDefined()
    await expect(runs.start('b', () => [])).rejects.toMatchObject({ code: 'hub_closed' })
    await expect(runs.status('a')).rejects.toMatchObject({ code: 'hub_closed' })
    expect(() => runs.follow('a')).toThrow('closed')
    await runs.close()
  })

  it('has given the host one promise for each of its runs', async () => {
    const { runs, errors } = testRuns()
    const promises: Promise<unknown>[] = []
    const waitUntil = (promise: Promise<unknown>) => promises.push(promise)
    const first = await runs.start('a', ({ event }) => [event('delta', 'a')], { waitUntil })
    await runs.start('a', () => [], { waitUntil })
    expect(promises).toHaveLength(1)
    await promises[0]
    expect(await first.done).toEqual({ status: 'completed' })
    const broken = () => {
      throw new Error('of the app')
    }
    const second = await runs.start('b', () => [], { waitUntil: broken })
    expect(await second.done).toEqual({ status: 'completed' })
    expect(errors).toMatchObject([{ message: 'of the app' }])
  })
})

describe('a stream of a run', () => {
  it('starts it with open, continues without its client, and is not started by a client that has left', async () => {
    const { runs } = testRuns()
    const source = vi.fn(async function* ({ event }: Context) {
      yield event('delta', 'a')
      await pause(20)
      yield event('delta', 'b')
    })
    const handler = sse(contract, ({ params }) => runs.open(params.run, source))
    const fetcher = (url: unknown, init: unknown) => handler(new Request(String(url), init as RequestInit))
    const reader = await StreamReader.open('http://a/answers/a', undefined, fetcher as typeof fetch)
    await reader.until(({ payloads }) => payloads.length === 1)
    await reader.response.body?.cancel().catch(() => {})
    reader.close()
    await until(async () => (await runs.status('a')).status === 'completed')
    expect(await read(runs, 'a')).toEqual(['a', 'b'])
    expect(source).toHaveBeenCalledOnce()
    const gone = new AbortController()
    gone.abort()
    await handler(new Request('http://a/answers/b', { signal: gone.signal })).catch(() => {})
    await expect(runs.status('b')).rejects.toMatchObject({ code: 'run_unknown' })
  })

  it('answers a start that is refused with its status', async () => {
    const { runs } = testRuns()
    const forever = async function* ({ event, signal }: Context) {
      yield event('delta', 'a')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    await runs.start('a', forever)
    const handler = sse(contract, { onError() {} }, ({ params }) =>
      runs.open(params.run, forever, { ifRunning: 'refuse' }),
    )
    const response = await handler(new Request('http://a/answers/a'))
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({ code: 'run_exists' })
  })

  it('is counted, and ended by drain', async () => {
    const { runs } = testRuns()
    await runs.start('a', async function* ({ event, signal }) {
      yield event('delta', 'a')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const handler = sse(contract, { onError() {} }, ({ params }) => runs.follow(params.run))
    const reader = await StreamReader.open('http://a/answers/a', undefined, ((url: string) =>
      handler(new Request(url))) as typeof fetch)
    await reader.until(({ payloads }) => payloads.length === 1)
    expect(runs.stats().connections).toBe(1)
    await runs.drain({ graceMs: 20 })
    await reader.over()
    expect(reader.text).not.toContain('event: sse.end')
    expect(runs.stats().connections).toBe(0)
    expect((await handler(new Request('http://a/answers/a'))).status).toBe(503)
  })
})

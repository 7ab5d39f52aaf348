import { type ConnectOptions, connect, type Feed, fetchTransport, type IdStore } from '@sse/client'
import { defineStream } from '@sse/contract'
import { serve } from '@sse/test-support/http-server'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

const numbers = defineStream({ path: '/numbers', events: { n: z.number() } })

/** Answers 401 to the first request if asked to, and streams an event that is invalid, a gap, and two events. */
const server = await serve((req, res) => {
  req.resume()
  const { searchParams } = new URL(req.url ?? '/', 'http://localhost')
  const run = searchParams.get('run') ?? ''
  requests.set(run, (requests.get(run) ?? 0) + 1)
  if (searchParams.has('unauthorized') && requests.get(run) === 1) return void res.writeHead(401).end()
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write('id: 0\nevent: n\ndata: "no number"\n\n')
  if (searchParams.has('gap') && requests.get(run) === 1)
    res.write('event: sse.gap\ndata: {"reason":"trimmed"}\n\n')
  res.write('id: 1\nevent: n\ndata: 1\n\nid: 2\nevent: n\ndata: 2\n\n')
  if (searchParams.has('end')) res.end()
})
const requests = new Map<string, number>()
afterAll(() => server[Symbol.asyncDispose]())
const feeds: { close(): void }[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

type TransportHandle = ReturnType<typeof fetchTransport>
type AnyFunction = (...args: never) => unknown
/** Names of the members that may be a function. */
type FunctionName<Options> = {
  [Name in keyof Options]-?: Extract<Options[Name], AnyFunction> extends never ? never : Name
}[keyof Options]
/** Everything of the app that a feed calls. One that is added without a case below does not compile. */
type Callback =
  | FunctionName<ConnectOptions>
  | `lastEventId.${FunctionName<IdStore>}`
  | `handle.${FunctionName<TransportHandle>}`
  | `feed.${'on' | 'onStatus'}`

/** What becomes of the feed. `any`: it goes on, tries again, or closes with an error. */
type Outcome = 'delivers' | 'retries' | 'closes' | 'pauses' | 'any'
interface Case {
  options?: (fault: () => never) => ConnectOptions
  listen?: (feed: Feed<{ n: number }>, fault: () => never) => unknown
  query?: string
  throws: Outcome
  hangs: Outcome
  junk: Outcome
}

/** Before each attempt: one that fails or hangs is tried again, and so is the next. */
const beforeAttempt = { throws: 'retries', hangs: 'retries', junk: 'any' } as const
/** Its result is of no interest. */
const told = { throws: 'delivers', hangs: 'delivers', junk: 'delivers' } as const
const store = (part: Partial<IdStore>): IdStore => ({ load: () => undefined, save: () => {}, ...part })

/** A transport of the app's: `fetchTransport`, and then the fault. */
const withHandle = (make: (handle: TransportHandle) => TransportHandle): ConnectOptions => ({
  transport: (request, events) => make(fetchTransport(request, events)),
})
/** A name that is listened to once the attempt has its handle. */
const listenLater = (feed: Feed<{ n: number }>) =>
  feed.onStatus(({ state }) => state === 'open' && feed.on('gap', () => {}))

const CASES: Record<Callback, Case> = {
  url: { options: (url) => ({ url }), ...beforeAttempt },
  headers: { options: (headers) => ({ headers }), ...beforeAttempt },
  body: { options: (body) => ({ body, method: 'POST' }), ...beforeAttempt },
  fetch: { options: (fetch) => ({ fetch }), ...beforeAttempt, junk: 'closes' },
  transport: { options: (transport) => ({ transport }), ...beforeAttempt, hangs: 'closes', junk: 'closes' },
  refresh: { options: (refresh) => ({ refresh }), query: 'unauthorized', ...told },
  'lastEventId.load': { options: (load) => ({ lastEventId: store({ load }) }), ...told },
  'lastEventId.save': { options: (save) => ({ lastEventId: store({ save }) }), ...told },
  onGap: { options: (onGap) => ({ onGap }), query: 'gap', ...told, hangs: 'pauses' },
  onInvalid: { options: (onInvalid) => ({ onInvalid }), ...told },
  onError: { options: (onError) => ({ onError }), ...told },
  'handle.close': {
    options: (fault) =>
      withHandle((handle) => ({
        close() {
          handle.close()
          return fault()
        },
      })),
    query: 'end',
    throws: 'retries',
    hangs: 'retries',
    junk: 'retries',
  },
  'handle.listen': {
    options: (listen) => withHandle((handle) => ({ close: () => handle.close(), listen })),
    listen: listenLater,
    ...told,
  },
  'feed.on': { listen: (feed, fault) => feed.on('n', fault), ...told },
  'feed.onStatus': { listen: (feed, fault) => feed.onStatus(fault), ...told },
}

const fault = new Error('of the app')
const JUNK: readonly unknown[] = [
  undefined,
  null,
  0,
  NaN,
  '',
  'text',
  true,
  Symbol('junk'),
  {},
  [],
  () => {},
  new Date(0),
]

/** Runs a feed whose callback behaves like that, until the outcome. */
async function run(name: Callback, behave: () => unknown, outcome: Outcome, idleTimeoutMs = 20_000) {
  const { options, listen, query = '' } = CASES[name]
  const reports: unknown[] = []
  vi.spyOn(console, 'error').mockImplementation((error) => reports.push(error))
  vi.stubGlobal('reportError', (error: unknown) => reports.push(error))
  const key = crypto.randomUUID()
  const called = vi.fn(behave) as unknown as () => never
  const feed = connect(numbers, {
    baseUrl: server.origin,
    url: (url) => `${url}?run=${key}&${query}`,
    reconnect: { jitterMs: 1, maxJitterMs: 2 },
    idleTimeoutMs,
    transport: fetchTransport,
    onError: (error) => reports.push(error),
    ...options?.(called),
  })
  feeds.push(feed)
  const seen: number[] = []
  let attempts = 0
  feed.on('n', (n) => seen.push(n))
  feed.onStatus(({ state }) => {
    if (state === 'waiting') attempts += 1
  })
  listen?.(feed, called)
  const delivers = () => expect(seen.slice(0, 2)).toEqual([1, 2])
  const retries = () => expect(attempts).toBeGreaterThan(1)
  const closes = () => expect(feed.status).toMatchObject({ state: 'closed', reason: 'error' })
  const pauses = () => expect(feed.status).toEqual({ state: 'paused', reason: 'gap' })
  const any = () => expect([seen.length > 1, attempts > 1, feed.status.state === 'closed']).toContain(true)
  await vi.waitFor({ delivers, retries, closes, pauses, any }[outcome], { timeout: 10_000, interval: 5 })
  expect(called).toHaveBeenCalled()
  return reports
}

const causes = (error: unknown): unknown[] =>
  error === undefined ? [] : [error, ...causes((error as { cause?: unknown } | null)?.cause)]

describe.each(Object.keys(CASES) as Callback[])('%s', (name) => {
  const { throws, hangs, junk } = CASES[name]

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw fault
      },
    ],
    ['rejects', () => Promise.reject(fault)],
  ])('that %s is reported, and breaks nothing else', async (how, behave) => {
    // A handle is required at once: a promise is as useless as any other value.
    const outcome = name === 'transport' && how === 'rejects' ? junk : throws
    const reports = await run(name, behave, outcome)
    if (outcome !== throws) return
    await vi.waitFor(() => expect(reports.flatMap(causes)).toContain(fault))
  })

  it('that never settles does not stop the feed for good', async () => {
    await run(name, () => new Promise(() => {}), hangs, 200)
  })

  it.each(JUNK.map((value) => ({ value })))('that returns $value breaks nothing else', async ({ value }) => {
    await run(name, () => value, junk)
  })
})

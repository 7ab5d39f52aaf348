import { connect, SseError } from '@sse/client'
import type { InspectableFeed } from '@sse/client/inspect'
import type { Transport, TransportEvents } from '@sse/client/transport'
import { defineStream, text, type } from '@sse/contract'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { MAX_CHANGES, MAX_DATA_LENGTH, MAX_EVENTS } from './feed-log.ts'
import { describeReason } from './format.ts'
import { Recorder } from './recorder.ts'
import { isTrouble } from './shown-entries.ts'

const numbers = defineStream({ path: '/numbers', events: { n: type<number>(), html: text() } })
const stops: (() => void)[] = []
let recorder: Recorder
beforeEach(() => {
  recorder = new Recorder(undefined)
})
afterEach(() => {
  recorder.stop()
  for (const stop of stops.splice(0)) stop()
})

/** Creates a feed whose transport the test plays by hand. */
async function play(options: object = {}) {
  let events!: TransportEvents
  const byHandTransport: Transport = (_, given) => {
    events = given
    return { close() {} }
  }
  const feed = connect(numbers, {
    baseUrl: 'https://example.com',
    transport: byHandTransport,
    onError() {},
    onInvalid() {},
    ...options,
  })
  feed.on('n', () => {})
  stops.push(() => feed.close())
  await new Promise((resolve) => setTimeout(resolve))
  return { feed: feed as unknown as InspectableFeed, events }
}

const names = () => recorder.logs[0]?.events.items.map(({ kind, name, id }) => [kind, name, id])
const states = () => recorder.logs[0]?.changes.items.map(({ status }) => status.state)

it('records a later feed from its first attempt', async () => {
  recorder.start()
  const { events } = await play({ headers: { authorization: 'Bearer secret' } })
  events.onOpen()
  events.onId('a')
  events.onMessage('n', '"é"')
  expect(recorder.logs[0]).toMatchObject({
    url: 'https://example.com/numbers',
    method: 'GET',
    transport: 'byHand',
    headers: 'authorization',
    counts: { events: 1, bytes: 4 },
  })
  expect(names()).toEqual([['event', 'n', 'a']])
  expect(states()).toEqual(['connecting', 'open'])
  expect(JSON.stringify(recorder.logs)).not.toContain('secret')
})

it('records an existing feed from now on, beginning with its status', async () => {
  const { feed, events } = await play()
  events.onOpen()
  events.onMessage('n', '1')
  recorder.start()
  events.onMessage('n', '2')
  expect(states()).toEqual(['open'])
  expect(recorder.logs[0]?.events.items.map(({ data }) => data)).toEqual(['2'])
  expect(feed.probe).toBeDefined()
})

it('distinguishes invalid, unknown, gap and control events, and counts heartbeats', async () => {
  recorder.start()
  const { events } = await play()
  events.onOpen()
  events.onMessage('n', '{')
  events.onMessage('other', '1')
  events.onMessage('sse.gap', '{"reason":"trimmed"}')
  events.onMessage('sse.open', '')
  events.onMessage('sse.heartbeat', '')
  expect(names()?.map(([kind, name]) => [kind, name])).toEqual([
    ['invalid', 'n'],
    ['unknown', 'other'],
    ['gap', 'sse.gap'],
    ['control', 'sse.open'],
  ])
  expect(recorder.logs[0]?.counts).toMatchObject({ events: 2, gaps: 1, invalid: 1, heartbeats: 1 })
  expect(recorder.logs[0]?.events.items[0]?.problem).toMatch(/^Event "n": /)
})

it('records why a feed waits, and why it gave up', async () => {
  recorder.start()
  const { events } = await play()
  events.onEnd(new SseError('dropped', 'The connection was closed'))
  const log = recorder.logs[0]!
  expect(log.status).toMatchObject({ state: 'waiting', attempt: 2, error: { code: 'dropped' } })
  expect(log.counts.drops).toBe(1)
  const refused = await play()
  refused.events.onEnd(new SseError('http_status', 'The server answered 401', { status: 401 }))
  expect(recorder.logs[1]?.status).toMatchObject({ state: 'closed', reason: 'error', error: { status: 401 } })
})

it('records which tab leads, also if it was reported before', async () => {
  const { events } = await play()
  events.onNote?.({ role: 'follower' })
  recorder.start()
  expect(recorder.logs[0]?.role).toBe('follower')
  events.onNote?.({ role: 'leader' })
  expect(recorder.logs[0]?.role).toBe('leader')
})

it('records a text as it was sent, which looks like JSON only by chance', async () => {
  recorder.start()
  const { events } = await play()
  events.onMessage('html', '{ "a":  1 }')
  expect(recorder.logs[0]?.events.last).toMatchObject({ data: '{ "a":  1 }', isText: true })
  events.onMessage('n', '1')
  expect(recorder.logs[0]?.events.last).toMatchObject({ data: '1', isText: false })
})

it('bounds its memory, and counts dropped entries', async () => {
  recorder.start()
  const { events } = await play({ reconnect: { jitterMs: 0, maxJitterMs: 0 } })
  for (let n = 1; n <= 1_000; n += 1) events.onMessage('n', String(n))
  events.onMessage('n', `"${'x'.repeat(1_000_000)}"`)
  for (let n = 1; n <= 1_000; n += 1) events.onWaiting(new SseError('dropped', 'The connection was lost'))
  const log = recorder.logs[0]!
  expect(log.events.items).toHaveLength(MAX_EVENTS)
  expect(log.events.dropped).toBe(1_001 - MAX_EVENTS)
  expect(log.events.last).toMatchObject({ bytes: 1_000_002, isCut: true })
  expect(log.events.last?.data).toHaveLength(MAX_DATA_LENGTH)
  expect(log.changes.items).toHaveLength(MAX_CHANGES)
  expect(log.counts.events).toBe(1_001)

  for (let n = 0; n < 50; n += 1) (await play()).feed.close()
  expect(recorder.logs).toHaveLength(21)
  expect(recorder.logs).toContain(log)
})

it('only counts events while paused, and still records statuses', async () => {
  recorder.start()
  const { events } = await play()
  recorder.isPaused = true
  events.onMessage('n', '{')
  events.onOpen()
  expect(names()).toEqual([])
  expect(recorder.logs[0]?.counts).toMatchObject({ events: 1, invalid: 1, unrecorded: 1 })
  expect(states()).toEqual(['connecting', 'open'])
  recorder.isPaused = false
  events.onMessage('n', '1')
  expect(names()).toHaveLength(1)
})

it('forgets closed feeds when cleared, and keeps the status of the others', async () => {
  recorder.start()
  const [{ feed }, { events }] = [await play(), await play()]
  feed.close()
  events.onOpen()
  events.onMessage('n', '1')
  recorder.clear()
  expect(recorder.logs).toHaveLength(1)
  expect([names(), states()]).toEqual([[], ['open']])
  expect(recorder.logs[0]?.counts.events).toBe(0)
})

it('leaves no trace on the feeds when stopped', async () => {
  const feeds = () => (globalThis as never)[Symbol.for('@sse/feeds') as never] as Map<unknown, unknown>
  const { feed, events } = await play()
  recorder.start()
  recorder.stop()
  expect(feed.probe).toBeUndefined()
  await play()
  events.onOpen()
  expect(recorder.logs).toHaveLength(1)
  expect(states()).toEqual(['connecting'])
  expect(feeds().set).toBe(Map.prototype.set)
})

it('keeps recording when a listener closes the feed between two events', async () => {
  recorder.start()
  const { feed, events } = await play()
  feed.on('n', () => feed.close())
  events.onMessage('n', '1')
  events.onMessage('n', '2')
  expect(names()).toHaveLength(1)
  expect(recorder.logs[0]?.status).toEqual({ state: 'closed', reason: 'closed' })
})

it.each([
  [{ status: 'stopped' }, 'the run has ended as stopped', false],
  [{ status: 'lost' }, 'the run has ended as lost', true],
  [
    { status: 'failed', code: 'quota', message: 'None left' },
    'the run has ended as failed: None left (quota)',
    true,
  ],
])('shows how a run ended: %j', async (end, shown, isProblem) => {
  recorder.start()
  const { events } = await play()
  events.onOpen()
  events.onMessage('sse.end', JSON.stringify(end))
  const { status } = recorder.logs[0] ?? expect.fail('not recorded')
  expect([describeReason(status), isTrouble(status)]).toEqual([shown, isProblem])
})

it('redacts the message of a run that failed as data', async () => {
  recorder = new Recorder(true)
  recorder.start()
  const { events } = await play()
  events.onMessage('sse.end', '{"status":"failed","code":"quota","message":"of ada"}')
  expect(describeReason(recorder.logs[0]?.status as never)).toBe('the run has ended as failed: ••• (quota)')
})

import { createServer } from 'node:http'
import { defineStream, text, type } from '@sse/contract'
import { expect, it } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { read } from '../fixtures/hub-server.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { createHub, type HubOptions, memory } from '../index.ts'
import type { NewEntry } from '../log/engine.ts'
import { sse } from '../node/node.ts'

const rows = defineStream({ path: '/rows', events: { row: text(), count: type<number>() } })

async function open(options: HubOptions = {}) {
  const hub = createHub(rows, { onError() {}, ...options })
  const handler = sse(hub, { authorize: () => true, channels: 'all' })
  const server = await scoped(listen(createServer(handler)))
  return {
    hub,
    follow: (id?: string) => read(`${server.origin}/rows`, id),
    [Symbol.asyncDispose]: () => hub.close(),
  }
}

it('a hub sends a text as data lines, live, from the ring and from the history', async () => {
  await using live = await open({ ring: { maxEvents: 1 } })
  const { hub, follow } = live
  const { lastEventId } = await hub.getState(() => 0)
  const newcomer = await follow()
  await newcomer.message('sse.open')
  await hub.publish('all', 'row', '<li>\r\n Ada</li>')
  await hub.publish('all', 'row', '')
  await hub.publish('all', 'count', 2)
  const late = await follow(lastEventId)
  for (const reader of [newcomer, late]) {
    await reader.until(({ events }) => events.length === 3)
    expect(reader.events.map(({ data }) => data)).toEqual(['<li>\n Ada</li>', '', '2'])
  }
})

it('a loop over a subscription receives a text as its payload, and a generator sends it on unchanged', async () => {
  await using live = await open()
  const { hub } = live
  await hub.publish('all', 'row', '"1"\n')
  await hub.publish('all', 'row', '')
  const seen: unknown[] = []
  for await (const { payload, frame } of hub.subscribe('all', { from: 'oldest', untilHead: true })) {
    seen.push([payload, frame.slice(frame.indexOf('data:'))])
  }
  expect(seen).toEqual([
    ['"1"\n', 'data: "1"\ndata: \n\n'],
    ['', 'data: \n\n'],
  ])
})

it('a text is stored as JSON, in a transaction too', async () => {
  const stored: NewEntry[] = []
  const engine = Object.assign(memory(), { insert: (entry: NewEntry) => void stored.push(entry) })
  await using live = await open({ engine })
  await live.hub.publishIn(undefined as never, 'all', 'row', '<b>\n</b>', { key: 'a' })
  expect(stored).toMatchObject([{ event: 'row', data: '"<b>\\n</b>"', key: 'a' }])
})

it('a slow or late client gets the latest text of a key', async () => {
  await using live = await open({ latestPerKey: () => true })
  const { hub, follow } = live
  const { lastEventId } = await hub.getState(() => 0)
  const first = await follow()
  await first.message('sse.open')
  for (const row of ['<b>1</b>', '<b>2</b>']) await hub.publish('all', 'row', row, { key: 'a' })
  const late = await follow(lastEventId)
  await late.until(({ events }) => events.length > 0)
  expect(late.events.map(({ data }) => data)).toEqual(['<b>2</b>'])
})

it.each(['<b>no JSON</b>', '{"a":1}', ''])(
  'an entry %j that is no text is skipped and reported',
  async (data) => {
    const errors: unknown[] = []
    const engine = memory()
    await using live = await open({ engine, onError: (error) => errors.push(error) })
    const { hub, follow } = live
    await engine.append([
      { channel: 'all', event: 'row', data },
      { channel: 'all', event: 'row', data: '"a"' },
    ])
    const reader = await follow(`${(await engine.read(0, { limit: 0, maxBytes: 1 })).epoch}-0`)
    await reader.until(({ events }) => events.length > 0)
    expect(reader.events.map(({ data }) => data)).toEqual(['a'])
    expect(errors).toEqual([expect.objectContaining({ code: 'engine_failed' })])
    expect(hub.stats().skipped).toBe(1)
  },
)

import { connect } from '@sse/client'
import { type FakeServer, fakeServer } from '@sse/testing'
import { streamHandler } from '@sse/testing/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { leads } from './leads.ts'

const msw = setupServer()
let server: FakeServer<typeof leads>
beforeAll(() => msw.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  server = fakeServer(leads)
  msw.use(
    streamHandler(server),
    http.get('*/leads', () => HttpResponse.json('theirs')),
    http.get('*/leads/ada/notes', () => HttpResponse.json('theirs')),
  )
})
afterEach(() => {
  server.close()
  msw.resetHandlers()
})
afterAll(() => msw.close())

const options = { baseUrl: 'https://api.example.com/v1', params: { owner: 'ada' } }

it('serves events, a drop, a resume and an acknowledgement to an unchanged feed through MSW', async () => {
  using feed = connect(leads, { ...options, reconnect: { jitterMs: 1 }, onError: () => {} })
  const seen: number[] = []
  feed.on('count', (count) => seen.push(count))
  await server.connected()
  server.send('count', 1)
  await vi.waitUntil(() => seen.length === 1)
  server.drop()
  server.send('count', 2)
  await vi.waitUntil(() => seen.length === 2)
  expect(seen).toEqual([1, 2])
  expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual([undefined, 'fake1-1'])
  await feed.ack(feed.lastEventId)
  expect(server.acks).toMatchObject([{ lastEventId: 'fake1-2' }])
  feed.close()
  await vi.waitUntil(() => server.connections.length === 0)
})

it('refuses requests and fails the network through MSW', async () => {
  const onError = vi.fn()
  server.refuse('network', { times: 1 })
  using away = connect(leads, { ...options, reconnect: { jitterMs: 1 }, onError })
  await server.connected()
  expect(onError.mock.calls).toMatchObject([[{ code: 'network' }]])
  away.close()
  server.refuse(403)
  using feed = connect(leads, { ...options, onError })
  await vi.waitUntil(() => feed.status.state === 'closed')
  expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'http_status', status: 403 } })
})

it('leaves other paths to other handlers', async () => {
  for (const path of ['/leads', '/leads/ada/notes']) {
    expect(await (await fetch(`https://api.example.com${path}`)).json()).toBe('theirs')
  }
})

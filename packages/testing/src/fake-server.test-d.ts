import { defineStream, type } from '@sse/contract'
import { expectTypeOf, test } from 'vitest'
import { type FakeConnection, fakeServer } from './index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ id: string; title: string }>(), count: type<number>() },
})

test('send() accepts the payload of its event and no other', async () => {
  const server = fakeServer(leads)
  expectTypeOf(server.send('lead', { id: '1', title: 'Ada' })).toEqualTypeOf<string>()
  server.connections[0]?.send('count', 1)
  expectTypeOf(await server.connected()).toEqualTypeOf<FakeConnection<typeof leads>>()
  // @ts-expect-error no such event
  server.send('leads', { id: '1', title: 'Ada' })
  // @ts-expect-error another event's payload
  server.send('count', { id: '1', title: 'Ada' })
  // @ts-expect-error another event's payload
  server.connections[0]?.send('lead', 1)
})

test('deliberate faults need no cast', () => {
  const server = fakeServer(leads)
  server.sendInvalid('lead', 7)
  server.sendInvalid('other', {})
  server.refuse('network')
  server.gap('trimmed')
  // @ts-expect-error no such reason
  server.gap('lost')
})

import { credsAuthenticator } from '@nats-io/transport-node'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { Engine, PresenceStore } from '@sse/server/engine-kit'
import { expectTypeOf, it } from 'vitest'
import { type NatsEngine, nats } from './index.ts'

it('nats() returns an engine for createHub', () => {
  expectTypeOf(nats()).toExtend<Engine>()
  expectTypeOf(nats('tls://localhost')).toEqualTypeOf<NatsEngine>()
  const authenticator = credsAuthenticator(new Uint8Array())
  expectTypeOf(
    nats({ servers: ['a', 'b'], authenticator, tls: { ca: '' } }).presence,
  ).toEqualTypeOf<PresenceStore>()
  // @ts-expect-error: the unit belongs to the name
  nats({ timeout: 20 })
})

it('a hub on it publishes in no transaction', () => {
  const leads = defineStream({ path: '/leads', events: { lead: type<number>() } })
  const hub = createHub(leads, { engine: nats() })
  // @ts-expect-error: the store has no transactions of the app
  hub.publishIn({}, 'everyone', 'lead', 1)
})

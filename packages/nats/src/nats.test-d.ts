import { credsAuthenticator } from '@nats-io/transport-node'
import type { Engine, PresenceStore } from '@sse/server'
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

import { setTimeout as pause } from 'node:timers/promises'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { Entry, NewEntry } from '@sse/server'
import { afterEach } from 'vitest'
import { type NatsEngine, type NatsOptions, nats } from '../index.ts'
import { NatsServer } from './nats-server.ts'

/** Real servers, and the engines on them: gone after each test. */
export function engineScope() {
  const servers: { stop(): Promise<void> }[] = []
  const engines: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close()
    for (const server of servers.splice(0)) await server.stop()
  })
  return {
    /** @param config in the place of JetStream in the server's folder. */
    async start(config?: string): Promise<NatsServer> {
      const server = await NatsServer.start(config)
      servers.push(server)
      return server
    },
    open(options: NatsOptions | NatsServer): NatsEngine {
      const engine = nats(options instanceof NatsServer ? { servers: options.url } : options)
      engines.push(engine)
      return engine
    },
    /** What an operator has at hand. */
    async operate({ url }: NatsServer): Promise<JetStreamManager> {
      const connection = await connect({ servers: url })
      engines.push(connection)
      return jetstreamManager(connection)
    },
    /** Closes or stops it after the test. */
    later<Thing extends { close(): Promise<void> }>(thing: Thing): Thing {
      engines.push(thing)
      return thing
    },
    laterStop<Thing extends { stop(): Promise<void> }>(thing: Thing): Thing {
      servers.push(thing)
      return thing
    },
  }
}

export function lead(data: unknown, more: Partial<NewEntry> = {}): NewEntry {
  return { channel: 'leads', event: 'lead', data: JSON.stringify(data), ...more }
}

export const leads = (count: number, from = 1): NewEntry[] =>
  Array.from({ length: count }, (_, index) => lead(from + index))

export const payloads = (entries: readonly Entry[]): unknown[] => entries.map(({ data }) => JSON.parse(data))

/** What a call fails with, as an app sees it. */
export async function failureOf(call: () => unknown): Promise<{ code: unknown; message: string }> {
  try {
    await call()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('it did not fail')
}

/** Waits until something holds. Tries again while it throws. */
export async function until<Value>(
  holds: () => Value | Promise<Value>,
  what: string,
  seconds = 10,
): Promise<Value> {
  const deadline = performance.now() + seconds * 1_000
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const value = await holds()
      if (value) return value
    } catch (error) {
      last = error
    }
    await pause(10)
  }
  throw new Error(`not within ${seconds} s: ${what}`, { cause: last })
}

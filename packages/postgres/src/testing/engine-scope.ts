import { setTimeout as pause } from 'node:timers/promises'
import type { Entry, NewEntry } from '@sse/server'
import { afterAll, afterEach } from 'vitest'
import { type PostgresEngine, type PostgresOptions, postgres } from '../index.ts'
import { PostgresServer } from './postgres-server.ts'

let databases = 0

/** Real servers, and the engines on them: gone after each test, the shared server after the last. */
export function engineScope() {
  const servers: { stop(): Promise<void> }[] = []
  const things: { close(): Promise<void> }[] = []
  let shared: Promise<PostgresServer> | undefined
  afterEach(async () => {
    for (const thing of things.splice(0).reverse()) await thing.close()
    for (const server of servers.splice(0).reverse()) await server.stop()
  })
  afterAll(async () => {
    await (await shared)?.stop()
  })
  return {
    /** A server of the test's own. */
    async start(...settings: string[]): Promise<PostgresServer> {
      const server = await PostgresServer.start(...settings)
      servers.push(server)
      return server
    },
    /** An empty database on the server that the file's tests share. */
    async newDatabase(): Promise<{ server: PostgresServer; url: string }> {
      shared ??= PostgresServer.start('fsync=off')
      const server = await shared
      databases += 1
      return { server, url: await server.database(`test-${databases}`) }
    },
    open(options: PostgresOptions | string): PostgresEngine {
      const engine = postgres({
        onWarning: () => {},
        ...(typeof options === 'string' ? { url: options } : options),
      })
      things.push(engine)
      return engine
    },
    /** Closes it after the test. */
    later<Thing extends { close(): Promise<void> }>(thing: Thing): Thing {
      things.push(thing)
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

/** Waits until something holds, at most half a minute: machines are busy. Tries again while it throws. */
export async function until<Value>(
  holds: () => Value | Promise<Value>,
  what: string,
): Promise<Exclude<Value, false | undefined>> {
  const deadline = performance.now() + 30_000
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const value = await holds()
      if (value) return value as Exclude<Value, false | undefined>
    } catch (error) {
      last = error
    }
    await pause(10)
  }
  throw new Error(`not within 30 s: ${what}`, { cause: last })
}

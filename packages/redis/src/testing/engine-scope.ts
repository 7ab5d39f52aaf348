import { setTimeout as pause } from 'node:timers/promises'
import type { Entry, NewEntry } from '@sse/server'
import { afterEach } from 'vitest'
import { type RedisEngine, type RedisOptions, redis } from '../index.ts'
import { RedisServer } from './redis-server.ts'

/** Real servers, and the engines on them: gone after each test. */
export function engineScope() {
  const servers: { stop(): Promise<void> }[] = []
  const engines: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close()
    for (const server of servers.splice(0)) await server.stop()
  })
  return {
    async start(...args: string[]): Promise<RedisServer> {
      const server = await RedisServer.start(...args)
      servers.push(server)
      return server
    },
    open(options: RedisOptions | RedisServer): RedisEngine {
      const engine = redis(
        options instanceof RedisServer ? { url: options.url, onWarning: () => {} } : options,
      )
      engines.push(engine)
      return engine
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

/** Waits until something holds, at most ten seconds. Tries again while it throws. */
export async function until<Value>(
  holds: () => Value | Promise<Value>,
  what: string | (() => string),
): Promise<Value> {
  const deadline = performance.now() + 10_000
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
  throw new Error(`not within 10 s: ${typeof what === 'string' ? what : what()}`, { cause: last })
}

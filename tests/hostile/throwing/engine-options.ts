import { setTimeout as sleep } from 'node:timers/promises'
import { nats } from '@sse/nats'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import { createHub, type HubOptions, isSseError } from '@sse/server'
import { defineBeats } from './app.ts'
import { natsCallbacks, postgresCallbacks, redisCallbacks } from './coverage.ts'
import type { Misbehave } from './misbehave.ts'

type OpenedEngine = NonNullable<HubOptions['engine']>
export type ServerName = 'redis' | 'postgres' | 'nats'

/** An option of an engine that misbehaves. */
export interface EngineOption {
  readonly name: string
  readonly server: ServerName
  /** Whether an engine can work all the same. */
  readonly isOptional: boolean
  readonly open: (url: string, misbehave: Misbehave) => OpenedEngine
}

const TIMEOUT_MS = 2_000
const SETTLE_MS = 4 * TIMEOUT_MS

/** What only reports: an engine works without it. */
const isOptional = (option: string): boolean => option === 'onWarning'
const names = <Table extends object>(table: Table) =>
  Object.entries(table) as [Extract<keyof Table, string>, string][]

/** Each function among the options of an engine. */
export const engineOptions: readonly EngineOption[] = [
  ...names(redisCallbacks).map(
    ([option, name]): EngineOption => ({
      name,
      server: 'redis',
      isOptional: isOptional(option),
      open: (url, misbehave) =>
        redis({
          // Only nodes that a server names are translated.
          ...(option === 'resolveAddress' ? { cluster: { nodes: [addressOf(url)] } } : { url }),
          timeoutMs: TIMEOUT_MS,
          [option]: misbehave,
        }),
    }),
  ),
  ...names(postgresCallbacks).map(
    ([option, name]): EngineOption => ({
      name,
      server: 'postgres',
      isOptional: isOptional(option),
      open: (url, misbehave) =>
        postgres({ url: withUser(url), timeoutMs: TIMEOUT_MS, [option]: misbehave }) as OpenedEngine,
    }),
  ),
  ...names(natsCallbacks).map(
    ([option, name]): EngineOption => ({
      name,
      server: 'nats',
      isOptional: isOptional(option),
      open: (url, misbehave) => nats({ servers: url, timeoutMs: TIMEOUT_MS, [option]: misbehave }),
    }),
  ),
]

/** Publishes, listens and closes. Resolves with what is wrong: something hangs, or rejects with what is no `SseError`. */
export async function useEngine(engine: OpenedEngine, isWorking: boolean): Promise<string[]> {
  const hub = createHub(
    defineBeats((value) => ({ value })),
    { engine, onError: () => {} },
  )
  const problems: string[] = []
  const loop = hub.subscribe('everyone')[Symbol.asyncIterator]()
  const uses = {
    publish: outcomeOf(hub.publish('everyone', 'beat', { serial: 1 })),
    ack: outcomeOf(hub.ack('reader', 'x-1')),
    presence: outcomeOf(hub.presence('everyone')),
  }
  const next = outcomeOf(loop.next())
  for (const [name, use] of Object.entries(uses)) {
    const outcome = await use
    if (outcome.startsWith('has')) problems.push(`${name} ${outcome}`)
    if (isWorking && name === 'publish' && outcome !== 'resolved') problems.push(`publish ${outcome}`)
  }
  const closed = await Promise.race([
    hub.close().then(
      () => true,
      () => true,
    ),
    sleep(SETTLE_MS, false),
  ])
  if (!closed) problems.push('close has not settled')
  await next
  await sleep(20) // what would be unhandled is so by then
  return problems
}

const outcomeOf = (use: Promise<unknown>): Promise<string> =>
  Promise.race([
    use.then(
      () => 'resolved',
      (error) => (isSseError(error) ? `rejected with ${error.code}` : `has rejected with ${String(error)}`),
    ),
    sleep(SETTLE_MS, 'has not settled'),
  ])

const addressOf = (url: string) => {
  const { hostname: host, port } = new URL(url)
  return { host, port: Number(port) }
}

const withUser = (url: string): string => url.replace(/\/\/[^@/]*@/, '//postgres@')

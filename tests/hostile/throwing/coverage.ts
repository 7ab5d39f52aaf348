import type { NatsOptions } from '@sse/nats'
import type { PostgresOptions } from '@sse/postgres'
import type { RedisOptions } from '@sse/redis'
import type { Hub, HubOptions, HubStreamOptions, RunStreamOptions, StreamOptions } from '@sse/server'
import type { NodeNative } from '@sse/server/node'
import type { SqliteOptions } from '@sse/sqlite'
import type { Beats } from './app.ts'

type AnyFunction = (...args: never[]) => unknown
type FunctionName<Options> = {
  [Name in keyof Options]-?: [Extract<NonNullable<Options[Name]>, AnyFunction>] extends [never] ? never : Name
}[keyof Options]

/** The case of each option that is, or may be, a function. An option without a case does not compile. */
export const streamCallbacks = {
  authorize: 'authorize',
  onError: 'onError of a stream',
} as const satisfies Record<FunctionName<StreamOptions<Beats, NodeNative>>, string>

/** The same for a hub's stream. */
export const hubStreamCallbacks = {
  authorize: "authorize of a hub's stream",
  channels: "channels of a hub's stream",
  subscriber: "subscriber of a hub's stream",
  after: "after of a hub's stream",
  from: "from of a hub's stream",
  onError: "onError of a hub's stream",
} as const satisfies Record<FunctionName<HubStreamOptions<Beats, NodeNative>>, string>

/** The same for the stream of runs. */
export const runStreamCallbacks = {
  authorize: 'authorize of runs',
  id: 'id of runs',
  start: 'start of runs',
  onError: 'onError of the stream of runs',
} as const satisfies Record<FunctionName<RunStreamOptions<Beats, NodeNative>>, string>

/** The same for a hub. */
export const hubCallbacks = {
  latestPerKey: 'latestPerKey',
  onError: 'onError of the hub, when a trim fails,',
} as const satisfies Record<FunctionName<HubOptions>, string>

type Takes<Method> = Method extends (...args: infer Args) => unknown
  ? [Extract<Args[number], AnyFunction>] extends [never]
    ? never
    : true
  : never
type MethodWithCallback<Target> = {
  [Name in keyof Target]-?: [Takes<Target[Name]>] extends [never] ? never : Name
}[keyof Target]

/** The same for methods of a hub that take a function. */
export const hubMethods = {
  getState: 'the read of getState()',
  onPresence: 'a presence listener',
} as const satisfies Record<MethodWithCallback<Hub<Beats>>, string>

/** The same for engines. */
export const redisCallbacks = {
  resolveAddress: 'resolveAddress of redis()',
  credentials: 'credentials of redis()',
  onWarning: 'onWarning of redis()',
} as const satisfies Record<FunctionName<RedisOptions>, string>

export const postgresCallbacks = {
  password: 'password of postgres()',
  onWarning: 'onWarning of postgres()',
} as const satisfies Record<FunctionName<PostgresOptions>, string>

export const natsCallbacks = {
  authenticator: 'authenticator of nats()',
  onWarning: 'onWarning of nats()',
} as const satisfies Record<FunctionName<NatsOptions>, string>

export const sqliteCallbacks = {} as const satisfies Record<FunctionName<SqliteOptions>, string>

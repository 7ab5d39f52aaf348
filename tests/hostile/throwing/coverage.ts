import type { HubOptions, HubStreamOptions, StreamOptions } from '@sse/server'
import type { NodeNative } from '@sse/server/node'
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
  onError: "onError of a hub's stream",
} as const satisfies Record<FunctionName<HubStreamOptions<Beats, NodeNative>>, string>

/** The same for a hub. */
export const hubCallbacks = {
  latestPerKey: 'latestPerKey',
  onError: 'onError of the hub, when a trim fails,',
} as const satisfies Record<FunctionName<HubOptions>, string>

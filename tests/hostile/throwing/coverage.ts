import type { HubOptions, StreamOptions } from '@sse/server'

type FunctionName<Options> = {
  [Name in keyof Options]-?: NonNullable<Options[Name]> extends (...args: never[]) => unknown ? Name : never
}[keyof Options]

/** The case of each option that is a function. An option without a case does not compile. */
export const streamCallbacks = {
  authorize: 'authorize',
  onError: 'onError of a stream',
} as const satisfies Record<FunctionName<StreamOptions<unknown, unknown>>, string>

/** The same for the hub's options. */
export const hubCallbacks = {
  latestPerKey: 'latestPerKey',
  onError: 'onError of the hub, when a trim fails,',
} as const satisfies Record<FunctionName<HubOptions>, string>

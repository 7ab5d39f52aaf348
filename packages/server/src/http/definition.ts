import type { StreamContract } from '@sse/contract'
import type { ConnectionHandle } from '../stream/connection-handle.ts'
import type { GivenOptions, StreamHub } from './options.ts'

/** A stream as it was defined, whichever way `sse` was called. */
export interface StreamDefinition {
  readonly contract: StreamContract | undefined
  readonly options: GivenOptions
  /** Returns the source of one connection: something to iterate, or a hub's subscription. */
  makeSource(context: unknown, connection: ConnectionHandle): unknown
  /** Where acknowledgements go; `undefined` for a stream without a hub. */
  readonly acks: AckTarget | undefined
}

/** A hub that stores acknowledgements. */
export interface AckTarget {
  readonly hub: StreamHub<StreamContract>
  /** Resolves to the subscriber of a request, `undefined` when it has none. */
  subscriberOf(context: unknown, connection: ConnectionHandle): Promise<string | undefined>
}

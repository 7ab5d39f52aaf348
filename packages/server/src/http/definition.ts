import type { StreamContract } from '@sse/contract'
import type { ConnectionHandle } from '../stream/connection-handle.ts'
import type { HttpRequest } from './exchange.ts'
import type { GivenOptions } from './options.ts'
import type { Reply } from './reply.ts'

/** A stream as it was defined, whichever way `sse` was called. */
export interface StreamDefinition {
  readonly contract: StreamContract | undefined
  readonly options: GivenOptions
  readonly makeSource: MakeSource
  /** Requests that are answered besides the stream; `undefined` for a stream with a source. */
  readonly mount: Mount | undefined
  /** Answers every request, in place of a stream. Default: the requests are for the stream. */
  readonly only?: Action
}

/** Returns the source of one connection: something to iterate, or a subscription. */
export type MakeSource = (context: unknown, connection: ConnectionHandle) => unknown

/** What `sse(hub, …)` and `sse(runs, …)` answer besides GET at the stream's path. */
export interface Mount {
  /** Makes the source of a POST to the stream's path. `undefined`: GET is the only method. */
  readonly start: MakeSource | undefined
  readonly actions: readonly Action[]
}

/** A request beside the stream: at a path below it, or where an app has mounted it. */
export interface Action {
  /** Last segment of the path. */
  readonly name: 'ack' | 'stop' | 'status' | 'publish'
  readonly method: 'GET' | 'POST'
  /** Answers a request that was admitted. */
  answer(context: unknown, connection: ConnectionHandle, request: ActionRequest): Promise<Reply>
  /** Makes the answer for an error. Default: as for a stream. */
  readonly refuse?: (error: unknown) => Reply
}

/** What actions read of a request. */
export type ActionRequest = Pick<HttpRequest<unknown>, 'method' | 'readHeader' | 'body'>

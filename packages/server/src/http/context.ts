import type { PathParams, StreamContract } from '@sse/contract'
import type { EventEncoder } from '@sse/contract/protocol'
import type { Connection } from '../stream/connection.ts'

/** Argument of a source and of the option functions, next to the framework's own objects. */
export interface StreamContext<Contract, Identity = unknown> {
  /** Parameters of the path, decoded. Without a contract: the parameters the framework's router found. */
  readonly params: Contract extends StreamContract<infer Path>
    ? PathParams<Path>
    : Readonly<Record<string, string>>
  /** Makes an event, checked and encoded: an invalid payload throws at this call. */
  readonly event: Contract extends StreamContract ? EventEncoder<Contract> : never
  /** Aborts when the connection closes early. Its `reason` is an `SseError` with a `code` such as `client_gone`. */
  readonly signal: AbortSignal
  /** Last event id of the client, from the `Last-Event-ID` header or the `lastEventId` query parameter. */
  readonly lastEventId: string | undefined
  /** What `authorize` returned; `undefined` without `authorize` and while it runs. */
  readonly identity: Identity
}

/** Implements `StreamContext`. A class, so that the signal is created at first use. */
export class RequestContext {
  readonly #connection: Connection
  readonly params: Readonly<Record<string, string | undefined>>
  readonly event: unknown
  readonly lastEventId: string | undefined
  identity: unknown

  constructor(connection: Connection, params: RequestContext['params'], event: unknown) {
    this.#connection = connection
    this.params = params
    this.event = event
    this.lastEventId = connection.lastEventId
  }

  get signal(): AbortSignal {
    return this.#connection.signal
  }

  /** Returns a copy for another function of the app. */
  with(members: object): RequestContext {
    const copy = new RequestContext(this.#connection, this.params, this.event)
    return Object.assign(copy, this, members)
  }
}

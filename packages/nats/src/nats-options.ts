import type { ConnectionOptions } from '@nats-io/transport-node'

/** What opens the door of a server, as `@nats-io/transport-node` takes it. */
export type Credentials = Pick<
  ConnectionOptions,
  'user' | 'pass' | 'token' | 'authenticator' | 'tls' | 'inboxPrefix'
>

/** Credentials beside `servers` win over those in a URL. */
export interface NatsOptions extends Credentials {
  /** `nats://user:password@host:port`, `tls://` for TLS; several for a cluster. Default `nats://127.0.0.1:4222`. */
  servers?: string | readonly string[]
  /** Names the hub: 1 to 64 letters, digits, `-` and `_`. Hubs that share an account need different ones. Default `hub`. */
  name?: string
  /** On how many servers of a cluster a new hub is kept: 1 to 5. One that exists stays as it is. Default 1. */
  replicas?: number
  /**
   * For how long an `idempotencyKey` is remembered, in milliseconds, 100 or more: the duplicate window of a new hub's
   * stream, which the server holds in memory. One that exists stays as it is. Default 3,600,000, an hour.
   */
  idempotencyMs?: number
  /** For how long a call may wait for a connection and for an answer, in milliseconds. Default 3,000. */
  timeoutMs?: number
  /** Told once of each thing that makes events of other processes late. Default `process.emitWarning`. */
  onWarning?: (message: string) => void
}

/**
 * What opens the door of a server, as `@nats-io/transport-node` takes it. Written down here, because its own types do
 * not compile with `exactOptionalPropertyTypes` where libraries are checked.
 */
export interface Credentials {
  user?: string
  pass?: string
  token?: string
  /** What `credsAuthenticator`, `nkeyAuthenticator` and their like make. Several are tried in turn. */
  authenticator?: Authenticator | Authenticator[]
  /** `{}` asks for TLS with the certificates that the system trusts; texts in PEM, or files. */
  tls?: TlsOptions
  /** What the inboxes of this process start with. Default `_INBOX`. */
  inboxPrefix?: string
}

/** Answers the question of a server. */
export type Authenticator = (nonce?: string) => unknown

export interface TlsOptions {
  ca?: string
  caFile?: string
  cert?: string
  certFile?: string
  key?: string
  keyFile?: string
  /** The server speaks TLS from the first byte on. */
  handshakeFirst?: boolean
}

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

import { MAX_TIMEOUT_MS, OptionChecks, reportOnce } from '@sse/server/engine-kit'

/**
 * Credentials and TLS options of `@nats-io/transport-node`. Declared here, because its own types do not compile with
 * `exactOptionalPropertyTypes` where libraries are checked.
 */
export interface Credentials {
  user?: string
  pass?: string
  token?: string
  /** Result of `credsAuthenticator`, `nkeyAuthenticator` and similar functions. Several are tried in turn. */
  authenticator?: Authenticator | Authenticator[]
  /** `{}` requires TLS with a certificate that the system trusts; contents in PEM, or files. */
  tls?: TlsOptions
  /** Beginning of this process's inboxes. Default `_INBOX`. */
  inboxPrefix?: string
}

/** Answers the challenge of a server. */
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

/** Credentials beside `servers` override those in a URL. */
export interface NatsOptions extends Credentials {
  /** `nats://user:password@host:port`, `tls://` for TLS; several for a cluster. Default `nats://127.0.0.1:4222`. */
  servers?: string | readonly string[]
  /** Name of the hub: 1 to 64 letters, digits, `-` and `_`. Hubs that share an account need different names. Default `hub`. */
  name?: string
  /**
   * Number of servers of a cluster that store a new hub: 1 to 5. More than 1 requires NATS 2.10.27. An existing hub
   * stays as it is. Default 1.
   */
  replicas?: number
  /**
   * Time an `idempotencyKey` is remembered, in milliseconds, 100 or more: the duplicate window of a new hub's stream,
   * which the server keeps in memory. An existing hub stays as it is. Default 3,600,000, one hour.
   */
  idempotencyMs?: number
  /** Maximum time a call waits for a connection and for a reply, in milliseconds. Default 3,000. */
  timeoutMs?: number
  /** Receives a message for each cause of late events of other processes, once. Default `process.emitWarning`. */
  onWarning?: (message: string) => void
}

export interface NatsSettings extends Credentials {
  readonly hub: string
  /** `host:port` of each server. */
  readonly servers: readonly string[]
  readonly replicas: number
  readonly idempotencyMs: number
  readonly timeoutMs: number
  readonly warn: (message: string) => void
}

/** 24 days: the server keeps the keys in memory. In nanoseconds, it is below the largest exact number. */
const MAX_IDEMPOTENCY_MS = 2_147_483_647

const checks = new OptionChecks('nats')
const EXAMPLE = 'nats://user:password@host:4222, or tls://… for TLS'

/** Checks the options and completes them with defaults. @throws {SseError} `option_invalid`. */
export function parseOptions(options: NatsOptions | string): NatsSettings {
  const {
    name = 'hub',
    replicas = 1,
    idempotencyMs = 3_600_000,
    timeoutMs = 3_000,
    onWarning,
    servers = 'nats://127.0.0.1:4222',
    ...credentials
  } = typeof options === 'string' ? ({ servers: options } as NatsOptions) : options
  checks.text('name', name, /^[\w-]{1,64}$/, '1 to 64 letters, digits, - and _')
  checks.number('replicas', replicas, 1, 5)
  checks.number('idempotencyMs', idempotencyMs, 100, MAX_IDEMPOTENCY_MS)
  checks.number('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
  return {
    hub: name,
    replicas,
    idempotencyMs,
    timeoutMs,
    warn: reportOnce('SseNatsWarning', onWarning),
    ...parseServers(servers),
    ...credentials,
  }
}

function parseServers(servers: string | readonly string[]) {
  const urls = [servers]
    .flat()
    .map((text) =>
      checks.url('servers', text.includes('://') ? text : `nats://${text}`, /^(nats|tls):$/, EXAMPLE),
    )
  if (urls.length === 0 || urls.some(({ hostname }) => !hostname)) {
    throw checks.invalid(`servers must be like ${EXAMPLE}`)
  }
  const { username = '', password = '' } = urls.find((url) => url.username !== '') ?? {}
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || 4222}`),
    ...(username && !password && { token: decodeURIComponent(username) }),
    ...(username && password && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  }
}

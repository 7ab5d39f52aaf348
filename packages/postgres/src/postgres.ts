import { SseError } from '@sse/server'
import { LogEngine } from './log-engine.ts'
import type { PostgresEngine } from './postgres-engine.ts'
import type { PostgresOptions } from './postgres-options.ts'

/**
 * Keeps a hub's log in a Postgres 14 or newer, in tables of its own that it makes itself.
 *
 * Four connections, opened when they are needed and again whenever they break: one appends, one reads, one keeps
 * house, one listens. What is acknowledged is on the server's disk; the epoch changes with a failover, not with a
 * restart.
 *
 * @param options or a URL.
 * @throws {SseError} `option_invalid`. A server that is not there, or cannot be used, is what calls reject with:
 * `engine_unavailable` while trying again may help, else `engine_failed`.
 */
export function postgres(options: PostgresOptions | string = {}): PostgresEngine {
  const given = typeof options === 'string' ? { url: options } : options
  const { url, listenUrl, password, tls, schema = 'sse', name = 'hub', timeoutMs = 3_000 } = given
  const { onWarning = warnProcess } = given
  checkUrl('url', url)
  checkUrl('listenUrl', listenUrl)
  checkSchema(schema)
  checkName(name)
  checkTimeout(timeoutMs)
  const warned = new Set<string>()
  const warn = (message: string) => {
    if (warned.has(message)) return
    warned.add(message)
    onWarning(message)
  }
  return new LogEngine({ url, listenUrl: listenUrl ?? url, password, tls, schema, name, timeoutMs, warn })
}

function checkUrl(option: string, text: string | undefined): void {
  if (text === undefined) return
  const url = URL.parse(text)
  if (url && /^postgres(ql)?:$/.test(url.protocol)) return
  // Never the text itself: it may hold a password.
  throw invalid(`${option} has to be like postgres://user:password@host:5432/database`)
}

function checkSchema(schema: string): void {
  if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(schema) && Buffer.byteLength(schema) <= 63) return
  throw invalid(
    `schema has to be 1 to 63 bytes of letters, digits, _ and -, without a digit first, not ${JSON.stringify(schema)}`,
  )
}

function checkName(name: string): void {
  if (/^[^\p{Cc}\p{Surrogate}]{1,128}$/u.test(name)) return
  throw invalid(`name has to be 1 to 128 characters, not ${JSON.stringify(name)}`)
}

/** Half of what a timer of Node can wait. */
const MAX_TIMEOUT_MS = 1_073_741_823

function checkTimeout(timeoutMs: number): void {
  if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return
  throw invalid(`timeoutMs must be 1 to ${MAX_TIMEOUT_MS}, not ${timeoutMs}`)
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `postgres: ${message}`)
}

function warnProcess(message: string): void {
  process.emitWarning(message, 'SsePostgresWarning')
}

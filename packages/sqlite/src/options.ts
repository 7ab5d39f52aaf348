import { resolve } from 'node:path'
import { OptionChecks } from '@sse/server/engine-kit'

export interface SqliteOptions {
  /**
   * Interval between two checks for commits of other processes and of the app's own connections, in milliseconds, where
   * the system does not tell of changes of a file: on Windows, and on some network and virtual file systems. Elsewhere
   * nothing is polled. One check takes microseconds. Default 10.
   */
  pollMs?: number
  /**
   * Maximum time a call waits for a file that another connection has locked, in milliseconds. The event loop runs
   * meanwhile; afterwards the call rejects with `engine_unavailable`. Default 10,000.
   */
  busyTimeoutMs?: number
}

export interface SqliteSettings extends Required<SqliteOptions> {
  /** Absolute path: a later `process.chdir` does not move the file. */
  readonly file: string
}

/** Longest delay of a Node timer. */
const MAX_TIMER_MS = 2_147_483_647

const checks = new OptionChecks('sqlite')

/** Checks the options and completes them with defaults. @throws {SseError} `option_invalid`. */
export function parseOptions(path: string, options: SqliteOptions): SqliteSettings {
  if (typeof path !== 'string' || path.trim() === '' || path.startsWith(':memory:') || /^file:/i.test(path)) {
    throw checks.invalid(
      `${JSON.stringify(path)} is not the path of a file; for a log in memory, use memory()`,
    )
  }
  const { pollMs = 10, busyTimeoutMs = 10_000 } = options
  checks.number('pollMs', pollMs, 1, MAX_TIMER_MS)
  checks.number('busyTimeoutMs', busyTimeoutMs, 0, MAX_TIMER_MS)
  return { file: resolve(path), pollMs, busyTimeoutMs }
}

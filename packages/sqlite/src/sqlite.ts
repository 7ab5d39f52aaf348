import { SseError } from '@sse/server'
import { resolveFile } from './connections.ts'
import { FileEngine } from './file-engine.ts'
import type { SqliteEngine } from './sqlite-engine.ts'

export interface SqliteOptions {
  /**
   * How often to look for what another process, or the app's own connection, has written, in milliseconds.
   * One look takes microseconds. Default 10.
   */
  pollMs?: number
  /**
   * For how long to try again while another connection holds the file's write lock, in milliseconds. The event
   * loop runs meanwhile. After that: `engine_unavailable`. Default 10,000.
   */
  busyTimeoutMs?: number
}

/**
 * Keeps a hub's log in an SQLite file, beside the app's own tables if it likes: its own are named `sse_…`.
 *
 * What is acknowledged survives a crash of the process, of the machine, and `kill -9`; the epoch stays the same.
 * Processes of one host may share the file, not machines over a network file system.
 *
 * @param path of the file, made when it is missing; its folder has to exist.
 * @throws {SseError} `option_invalid` for a path that is no file, `engine_failed` for a file that cannot be
 * used: no database, corrupt, read-only, somebody else's `sse_…` tables, an SQLite too old to share it.
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteEngine {
  const { pollMs = 10, busyTimeoutMs = 10_000 } = options
  checkAtLeast('pollMs', pollMs, 1)
  checkAtLeast('busyTimeoutMs', busyTimeoutMs, 0)
  return new FileEngine(resolveFile(path), pollMs, busyTimeoutMs)
}

/** The longest a timer of Node can wait. */
const MAX_TIMER_MS = 2_147_483_647

function checkAtLeast(name: string, value: number, least: number): void {
  if (value >= least && value <= MAX_TIMER_MS) return
  throw new SseError('option_invalid', `sqlite: ${name} must be ${least} to ${MAX_TIMER_MS}, not ${value}`)
}

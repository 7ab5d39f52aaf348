import { isSseError, type SseError } from '@sse/server'
import { failed, unavailable } from '@sse/server/engine-kit'

// Primary result codes, https://www.sqlite.org/rescode.html; the byte above them is detail.
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const PROTOCOL = 15
const NOTADB = 26
const BUSY_SNAPSHOT = 517

function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
}

/** Returns whether another connection holds a lock: the same call may succeed a moment later. */
export function isBusy(error: unknown): boolean {
  return [BUSY, LOCKED, PROTOCOL].includes(resultCode(error) & 0xff)
}

/** Maps an error of SQLite to one that says what to do. Keeps an `SseError`. */
export function toSseError(error: unknown, file: string): SseError {
  if (isSseError(error)) return error
  const code = resultCode(error)
  if (code === BUSY_SNAPSHOT) {
    return unavailable(
      `${file}: another connection has changed what this transaction has read; begin it with BEGIN IMMEDIATE`,
      error,
    )
  }
  switch (code & 0xff) {
    case BUSY:
    case LOCKED:
    case PROTOCOL:
      return unavailable(`${file} is locked: another connection keeps a transaction open for too long`, error)
    case FULL:
      return unavailable(`No room for ${file}: its disk is full, or its max_page_count is reached`, error)
    case READONLY:
      return failed(`${file} is read-only: make it and its folder writable for this process`, error)
    case CANTOPEN:
      return failed(
        `${file} cannot be opened: it is a folder, or this process has no right to read and write it and its folder`,
        error,
      )
    case CORRUPT:
      return failed(
        `${file} is corrupt: stop its processes, keep a copy, and restore a backup or use a new file`,
        error,
      )
    case NOTADB:
      return failed(`${file} is not an SQLite database, or it is encrypted`, error)
    default:
      return failed(`${file}: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

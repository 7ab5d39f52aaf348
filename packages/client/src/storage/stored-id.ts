import { SseError } from '@sse/contract'
import { outsideZone } from '../connection/zone.ts'
import type { IdStore } from './id-store.ts'

/** `localStorage`, `sessionStorage`, React Native's AsyncStorage, or a similar store. */
export interface KeyValueStorage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): unknown
}

export interface StoredIdOptions {
  /** Default `sessionStorage`, which survives reloads of one tab. `localStorage` is shared by all tabs and visits. */
  storage?: KeyValueStorage
  /**
   * Maximum age of an id in milliseconds. Default 86,400,000 (one day); `Infinity` accepts any age. An older id is not
   * used: the app starts afresh.
   */
  maxAgeMs?: number
  /** Called once if storage fails or hangs; the feed continues without it. Default: a warning in the console. */
  onError?: (error: unknown) => void
}

const DAY_MS = 86_400_000
/** Writing is synchronous and may touch the disk: at most four times a second, and when the page is left. */
const SAVE_EVERY_MS = 250
/** Time a storage may take to answer. The feed starts without an id then. */
const LOAD_TIMEOUT_MS = 5_000

/**
 * Keeps a feed's last event id across reloads: `connect(leads, { lastEventId: storedId('leads:42') })`.
 *
 * A storage that throws, is full, or does not answer within 5 s is reported, and the feed starts without an id.
 *
 * Ids are written four times a second and when the page is left. After a crash, events shown in the last quarter of a
 * second may arrive again.
 *
 * @param key - identifies the stream and the user: what one user has seen says nothing about another.
 * @throws {SseError} `option_invalid` for an empty key or an invalid `maxAgeMs`.
 */
export function storedId(key: string, options: StoredIdOptions = {}): IdStore {
  const { maxAgeMs = DAY_MS, onError = console.warn } = options
  if (!key)
    throw new SseError('option_invalid', 'storedId: key must not be empty; include the stream and the user')
  if (!(maxAgeMs > 0)) {
    throw new SseError('option_invalid', `storedId: maxAgeMs must be greater than 0, not ${maxAgeMs}`)
  }
  const name = `sse:${key}`
  let latest = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  let isReported = false

  const fail = async (error: unknown): Promise<undefined> => {
    if (isReported) return
    isReported = true
    try {
      await onError(error)
    } catch (thrown) {
      console.error(thrown)
    }
  }
  // Read late: where storage is forbidden, accessing it throws.
  const storage = (): KeyValueStorage => options.storage ?? sessionStorage
  const write = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    globalThis.removeEventListener?.('pagehide', write)
    const value = JSON.stringify({ id: latest, at: Date.now() })
    try {
      await storage().setItem(name, value)
    } catch (error) {
      await fail(error)
    }
  }
  return {
    key,
    async load() {
      try {
        return read(await inTime(storage().getItem(name)), maxAgeMs)
      } catch (error) {
        return await fail(error)
      }
    },
    save(id) {
      latest = id
      if (timer) return
      timer = outsideZone(() => setTimeout(write, SAVE_EVERY_MS))
      globalThis.addEventListener?.('pagehide', write)
    },
  }
}

/** A storage that never answers must not keep the feed from connecting. */
async function inTime<Value>(loading: Value | Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new SseError('idle', `storedId: the storage did not answer within ${LOAD_TIMEOUT_MS} ms`)
    timer = outsideZone(() => setTimeout(reject, LOAD_TIMEOUT_MS, error))
  })
  try {
    return await Promise.race([loading, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Anything may be stored there: other code, or an earlier version, may have written it. */
function read(text: string | null, maxAgeMs: number): string | undefined {
  if (text === null) return undefined
  try {
    const { id, at } = JSON.parse(text)
    const age = Date.now() - at
    // A clock that was set back makes the age negative: valid.
    return typeof id === 'string' && age <= maxAgeMs ? id : undefined
  } catch {
    return undefined
  }
}

import { SseError } from '@sse/contract'
import type { IdStore } from './id-store.ts'

/** `localStorage`, `sessionStorage`, React Native's AsyncStorage, or anything like them. */
export interface KeyValueStorage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): unknown
}

export interface StoredIdOptions {
  /** Default `sessionStorage`: over reloads of this tab. `localStorage` is over all tabs and visits. */
  storage?: KeyValueStorage
  /** An older id is not used: the app starts afresh. In milliseconds, default 86,400,000 (a day); `Infinity`: any age. */
  maxAgeMs?: number
  /** Told once of a storage that throws or is full; the feed goes on without. Default: a warning in the console. */
  onError?: (error: unknown) => void
}

const DAY_MS = 86_400_000
/** Writing is synchronous and may touch the disk: at most four times a second, and when the page goes. */
const SAVE_EVERY_MS = 250

/**
 * Keeps a feed's last event id over reloads: `connect(leads, { lastEventId: storedId('leads:42') })`.
 *
 * What was shown in the quarter of a second before a crash may come again: ids are written four times a second,
 * and when the page is left.
 *
 * @param key - names the stream and the person: what one user has seen says nothing about another.
 * @throws {SseError} `option_invalid`.
 */
export function storedId(key: string, options: StoredIdOptions = {}): IdStore {
  const { maxAgeMs = DAY_MS, onError = console.warn } = options
  if (!key) throw new SseError('option_invalid', 'storedId: the key must name the stream and the user')
  if (!(maxAgeMs > 0)) {
    throw new SseError('option_invalid', `storedId: maxAgeMs must be more than 0, not ${maxAgeMs}`)
  }
  const name = `sse:${key}`
  let latest = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  let isReported = false

  const fail = (error: unknown): undefined => {
    if (!isReported) onError(error)
    isReported = true
  }
  // Asked for late: where storage is forbidden, looking at it throws.
  const storage = (): KeyValueStorage => options.storage ?? sessionStorage
  const write = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    globalThis.removeEventListener?.('pagehide', write)
    const value = JSON.stringify({ id: latest, at: Date.now() })
    try {
      await storage().setItem(name, value)
    } catch (error) {
      fail(error)
    }
  }
  return {
    key,
    async load() {
      try {
        return read(await storage().getItem(name), maxAgeMs)
      } catch (error) {
        return fail(error)
      }
    },
    save(id) {
      latest = id
      if (timer) return
      timer = setTimeout(write, SAVE_EVERY_MS)
      globalThis.addEventListener?.('pagehide', write)
    },
  }
}

/** What others, or an earlier version, may have written there. */
function read(text: string | null, maxAgeMs: number): string | undefined {
  if (text === null) return undefined
  try {
    const { id, at } = JSON.parse(text)
    const age = Date.now() - at
    // A clock that was set back makes it come from the future: younger than anything.
    return typeof id === 'string' && age <= maxAgeMs ? id : undefined
  } catch {
    return undefined
  }
}

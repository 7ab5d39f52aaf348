import { SseError } from '@sse/contract'
import type { IdStore } from './id-store.ts'

/** Maximum length of an id a server accepts (docs/PROTOCOL.md). */
const MAX_ID_LENGTH = 1_024
const LINE_END_OR_NUL = /[\r\n\0]/

/** Returns whether a server can have sent this id, and accepts it in a header. */
export function isValidId(id: string): boolean {
  return id.length <= MAX_ID_LENGTH && !LINE_END_OR_NUL.test(id)
}

/** A feed's `IdStore`, guarded: what it throws is reported, an invalid id is dropped, and no id is saved twice. */
export class SavedPosition {
  readonly #store: IdStore
  readonly #onError: (error: unknown) => void
  #saved: string | undefined

  constructor(store: IdStore, onError: (error: unknown) => void) {
    this.#store = store
    this.#onError = onError
  }

  /** Returns the stored id; `''` if there is none. */
  async load(): Promise<string> {
    try {
      const id = (await this.#store.load()) ?? ''
      if (isValidId(id)) return id
      this.#onError(new SseError('last_event_id_invalid', `The stored id ${JSON.stringify(id)} is invalid`))
    } catch (error) {
      this.#onError(error)
    }
    return ''
  }

  save(id: string): void {
    if (id === this.#saved) return
    this.#saved = id
    try {
      this.#store.save(id)
    } catch (error) {
      this.#onError(error)
    }
  }
}

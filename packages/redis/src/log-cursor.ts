import type { HubKeys, LogKeys } from './log-keys.ts'

/** Which log the server has, and how far it reaches, as far as its answers have told. */
export class LogCursor {
  readonly #keys: HubKeys
  readonly #onNewLog: () => void
  #log: LogKeys
  #epoch = ''
  #head = 0
  #appended = 0

  constructor(keys: HubKeys, onNewLog: () => void) {
    this.#keys = keys
    this.#onNewLog = onNewLog
    this.#log = keys.log('')
  }

  get log(): LogKeys {
    return this.#log
  }

  /** Of the newest entry that any answer has named. */
  get head(): number {
    return this.#head
  }

  /** Of the newest entry that this process has stored itself. */
  get appended(): number {
    return this.#appended
  }

  /** What every script of the log is given first. */
  get values(): string[] {
    return [randomName(), this.#epoch, String(this.#head), this.#log.generation]
  }

  note(epoch: string, generation: string, head = 0): void {
    if (generation !== this.#log.generation || epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = 0
      this.#appended = 0
      this.#log = this.#keys.log(generation)
      this.#onNewLog()
    }
    this.#head = Math.max(this.#head, head)
  }

  noteAppended(positions: readonly number[]): void {
    for (const position of positions) this.#appended = Math.max(this.#appended, position)
    this.#head = Math.max(this.#head, this.#appended)
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** 60 random bits. */
function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => LETTERS[byte & 31]).join('')
}

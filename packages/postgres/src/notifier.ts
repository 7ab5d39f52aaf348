import type { Database } from './database.ts'

const NOTIFY = 'SELECT pg_notify($2, $3), $1::text'

/** Tells the other processes that there is more: after the commit, once for all that is stored meanwhile. */
export class Notifier {
  readonly #database: Database
  readonly #topic: string
  readonly #self: string
  #isTelling = false
  #isDue = false

  constructor(database: Database, topic: string, self: string) {
    this.#database = database
    this.#topic = topic
    this.#self = self
  }

  tell(): void {
    this.#isDue = true
    if (!this.#isTelling) this.#run()
  }

  /** Of what was stored last, others hear, too; the database takes no other calls any more. */
  async close(): Promise<void> {
    if (this.#isTelling) await this.#database.askLast(NOTIFY, [this.#topic, this.#self])
  }

  async #run(): Promise<void> {
    this.#isTelling = true
    while (this.#isDue) {
      this.#isDue = false
      try {
        await this.#database.ask('keep', NOTIFY, [this.#topic, this.#self])
      } catch {
        // A hint: whoever misses it looks by itself.
      }
    }
    this.#isTelling = false
  }
}

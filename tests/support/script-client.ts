import type { ScriptedResponse, SeenRequest } from './script-server.ts'

let count = 0

/** One script on the server: where to connect, and what the server saw. Runs in Node and in pages. */
export class Script {
  readonly #origin: string
  readonly #key = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${count++}`
  readonly url: string

  constructor(origin: string, plan: ScriptedResponse[]) {
    this.#origin = origin
    this.url = `${origin}/script/${this.#key}?plan=${encodeURIComponent(JSON.stringify(plan))}`
  }

  async seen(): Promise<SeenRequest[]> {
    return await (await fetch(`${this.#origin}/seen/${this.#key}`)).json()
  }

  /** Resets the connections whose client is there: what it had not read by then is lost. */
  async reset(): Promise<void> {
    await fetch(`${this.#origin}/reset/${this.#key}`)
  }

  /** How many responses still have their client. */
  async open(): Promise<number> {
    return Number(await (await fetch(`${this.#origin}/open/${this.#key}`)).text())
  }
}

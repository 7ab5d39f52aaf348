import { setTimeout } from 'node:timers/promises'
import type { Fleet } from './fleet.ts'
import type { Truth } from './truth.ts'

/** A request that a paused process has swallowed is made again. */
const TIMEOUT_MS = 2_000
const RETRY_MS = 25

export interface Publication {
  channel: string
  /** Bytes that the event has more. */
  bulk: number
}

/**
 * Publishes one event after the other. Each is asked for until it is acknowledged, at the next server when one fails:
 * whether it was stored before is not known, its key makes it the same event.
 */
export class Publisher {
  readonly name: string
  retries = 0
  readonly #fleet: Fleet
  readonly #truth: Truth
  #server: number

  constructor(name: string, server: number, fleet: Fleet, truth: Truth) {
    this.name = name
    this.#server = server
    this.#fleet = fleet
    this.#truth = truth
  }

  /** @returns its serial and its id. */
  async publish({ channel, bulk }: Publication): Promise<{ serial: number; id: string }> {
    const serial = this.#truth.intend(channel, this.name)
    const query = new URLSearchParams({
      channel,
      serial: String(serial),
      at: String(performance.now()),
      bulk: String(bulk),
    })
    for (;;) {
      const { origin } = this.#fleet.server(this.#server)
      const id = await post(`${origin}/publish?${query}`)
      if (id !== undefined) {
        this.#truth.acknowledge(serial, id)
        return { serial, id }
      }
      this.retries += 1
      this.#server += 1
      await setTimeout(RETRY_MS)
    }
  }
}

/** The answer; undefined when there is none, or a refusal. */
async function post(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) })
    const text = await response.text()
    return response.ok ? text : undefined
  } catch {
    return undefined
  }
}

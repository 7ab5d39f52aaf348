import type { LogInspector, LogState } from '@sse/server/engine-kit'
import { type ListedRun, RunList } from '@sse/server/runs'

/** Events of one channel, or of one name. */
export interface Tally {
  events: number
  /** Size of the payloads in bytes of JSON. */
  bytes: number
  /** Size of the largest payload. */
  largest: number
  /** Time of the newest event in milliseconds since 1970. */
  newestAt: number
}

const PAGE = { limit: 1_000, maxBytes: 4_194_304 }
/** Maximum size of all payloads that are read at a time. */
const MAX_BYTES = 67_108_864

/** The newest events of a log, counted by channel and by name. Reads page by page, and what is new at each update. */
export class LogSample {
  readonly #inspector: LogInspector
  readonly #maxEvents: number
  #epoch: string | undefined
  #from = 1
  #reached = 0
  #oldestAt = 0
  #events = 0
  #runs = new RunList()
  #channels = new Map<string, Tally>()
  #names = new Map<string, Tally>()

  constructor(inspector: LogInspector, maxEvents: number) {
    this.#inspector = inspector
    this.#maxEvents = maxEvents
  }

  /** Positions that were read, and the time of the first in milliseconds since 1970. */
  get range(): { readonly from: number; readonly to: number; readonly oldestAt: number } {
    return { from: this.#from, to: this.#reached, oldestAt: this.#oldestAt }
  }

  /** The most frequent first. Channels of runs are not among them. */
  get channels(): [string, Tally][] {
    return ranked(this.#channels)
  }

  get names(): [string, Tally][] {
    return ranked(this.#names)
  }

  get runs(): ListedRun[] {
    return this.#runs.runs()
  }

  /** Reads on to the head, or as much as one update may. Resolves with the log's state. */
  async update(signal: AbortSignal): Promise<LogState> {
    const state = await this.#inspector.read(0, { limit: 0, maxBytes: 1 })
    const isNew = state.epoch !== this.#epoch || this.#events > 2 * this.#maxEvents
    if (isNew || state.head - this.#reached > this.#maxEvents) this.#restart(state)
    let bytes = 0
    while (this.#reached < state.head && bytes < MAX_BYTES && !signal.aborted) {
      const page = await this.#inspector.read(this.#reached, PAGE)
      if (page.epoch !== state.epoch) break
      for (const entry of page.entries) {
        bytes += this.#add(entry)
      }
      if (page.reached <= this.#reached) break
      this.#reached = page.reached
    }
    return state
  }

  #restart({ epoch, oldest, head }: LogState): void {
    this.#epoch = epoch
    this.#from = Math.max(oldest, head - this.#maxEvents + 1)
    this.#reached = this.#from - 1
    this.#events = 0
    this.#runs = new RunList()
    this.#channels = new Map()
    this.#names = new Map()
  }

  #add(entry: Parameters<RunList['add']>[0]): number {
    // Another program may have written an entry without text.
    const bytes = Buffer.byteLength(String(entry.data ?? ''))
    if (this.#events === 0) this.#oldestAt = entry.at
    this.#events += 1
    count(this.#names, String(entry.event), bytes, entry.at)
    if (!this.#runs.add(entry)) count(this.#channels, String(entry.channel), bytes, entry.at)
    return bytes
  }
}

function count(tallies: Map<string, Tally>, name: string, bytes: number, at: number): void {
  const tally = tallies.get(name) ?? { events: 0, bytes: 0, largest: 0, newestAt: 0 }
  tally.events += 1
  tally.bytes += bytes
  tally.largest = Math.max(tally.largest, bytes)
  tally.newestAt = Math.max(tally.newestAt, at)
  tallies.set(name, tally)
}

function ranked(tallies: Map<string, Tally>): [string, Tally][] {
  return [...tallies].sort(([, a], [, b]) => b.events - a.events)
}

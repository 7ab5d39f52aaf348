import { setTimeout as wait } from 'node:timers/promises'
import { Child } from '../common/child.ts'
import type { Burst, ReaderAnswer, ReaderOrder, ServerAnswer, ServerOrder } from './messages.ts'
import { formatOptions } from './options.ts'
import { ROWS, type RowName } from './rows.ts'

/** Long enough for what a library still does after its headers are out. */
const SETTLE_MS = 300
const TIMEOUT_MS = 120_000

export interface FieldOptions {
  /** Node's own options for the server, such as `--cpu-prof`. */
  execArgv?: string[]
  /** `Infinity`: none. */
  heartbeatMs?: number
  /** How long each step may take. Default 120,000. */
  timeoutMs?: number
}

/** A row's server with all its connections open, each in a process of its own. */
export class Field {
  readonly row: RowName
  readonly server: Child<ServerOrder, ServerAnswer>
  readonly #reader: Child<ReaderOrder, ReaderAnswer>
  #port = 0
  #connections = 0
  #events = 0
  #bytes = 0

  constructor(
    row: RowName,
    { execArgv = [], heartbeatMs = Number.POSITIVE_INFINITY, timeoutMs = TIMEOUT_MS }: FieldOptions = {},
  ) {
    this.row = row
    const args = [row, formatOptions({ heartbeatMs })]
    this.server = new Child(new URL('./server.ts', import.meta.url), args, { execArgv, timeoutMs })
    this.#reader = new Child(new URL('./reader.ts', import.meta.url), [row], { timeoutMs })
  }

  async start(): Promise<void> {
    const [{ port }] = await Promise.all([this.server.hear('listening'), this.#reader.hear('ready')])
    this.#port = port
  }

  /** Opens connections until there are so many. */
  async open(connections: number): Promise<void> {
    const { protocol } = ROWS[this.row]
    this.#connections = connections
    await this.#reader.ask({ type: 'open', port: this.#port, connections, protocol }, 'opened')
    await wait(SETTLE_MS)
  }

  /** Publishes, and waits until every connection has got it all. */
  async run(burst: Burst, bursts: number): Promise<{ cpuMs: number; delivered: number; bytes: number }> {
    const before = await this.cpuMs()
    const bytesBefore = this.#bytes
    for (let index = 0; index < bursts; index++) {
      this.#events += burst.turns * burst.eventsPerTurn
      const seen = this.#reader.ask({ type: 'expect', events: this.#events }, 'seen')
      const published = this.server.ask({ type: 'publish', burst }, 'published')
      const [{ bytes, problem }] = await Promise.all([seen, published])
      if (problem) throw new Error(`${this.row}: ${problem}`)
      this.#bytes = bytes
    }
    const cpuMs = (await this.cpuMs()) - before
    const { problem } = await this.#reader.ask(
      { type: 'verify', payloadBytes: burst.payloadBytes },
      'verified',
    )
    if (problem) throw new Error(`${this.row}: ${problem}`)
    const delivered = bursts * burst.turns * burst.eventsPerTurn * this.#connections
    return { cpuMs, delivered, bytes: this.#bytes - bytesBefore }
  }

  /** Proportional share of physical memory, in bytes, after full garbage collections. */
  async pssBytes(): Promise<number> {
    const { pssBytes } = await this.server.ask({ type: 'pss' }, 'pss')
    return pssBytes
  }

  /** CPU time of the server, and what all connections together have read meanwhile. */
  async idle(ms: number): Promise<{ cpuMs: number; reads: number }> {
    const [cpuBefore, readsBefore] = [await this.cpuMs(), await this.#reads()]
    await wait(ms)
    const [cpuMs, reads] = [await this.cpuMs(), await this.#reads()]
    return { cpuMs: cpuMs - cpuBefore, reads: reads - readsBefore }
  }

  async #reads(): Promise<number> {
    const { reads } = await this.#reader.ask({ type: 'reads' }, 'reads')
    return reads
  }

  /** CPU time of the server so far, in milliseconds. */
  async cpuMs(): Promise<number> {
    const { cpuMs } = await this.server.ask({ type: 'cpu' }, 'cpu')
    return cpuMs
  }

  stop(): void {
    this.#reader.stop()
    this.server.stop()
  }
}

import { Child } from '../common/child.ts'
import type { ReaderAnswer, ReaderOrder, Row, ServerAnswer, ServerOrder } from './messages.ts'

const TIMEOUT_MS = 120_000
const SETTLE_MS = 500

export interface Cell {
  connections: number
  eventsPerTurn: number
  /** `1`: all connections follow the same channel. */
  channels: number
}

/** A row's server with its connections, each in a process of its own. */
export class Field {
  readonly row: Row
  readonly #server: Child<ServerOrder, ServerAnswer>
  readonly #reader: Child<ReaderOrder, ReaderAnswer>
  readonly #sliceCpuMs: number
  #events = 0
  #bytes = 0
  #bursts = 1

  /** @param sliceCpuMs - CPU time of a slice, about. */
  constructor(row: Row, sliceCpuMs: number) {
    const options = { execArgv: ['--expose-gc'], timeoutMs: TIMEOUT_MS }
    this.row = row
    this.#sliceCpuMs = sliceCpuMs
    this.#server = new Child(new URL('./server.ts', import.meta.url), [row], options)
    this.#reader = new Child(new URL('./reader.ts', import.meta.url), [], options)
  }

  /** Opens the connections, lets each have some events, and returns what one of them takes of memory. */
  async open(cell: Cell): Promise<number> {
    const { connections, channels } = cell
    const [{ port }] = await Promise.all([this.#server.hear('listening'), this.#reader.hear('ready')])
    const before = await this.#pssBytes()
    await this.#reader.ask(
      { type: 'open', port, connections, isGzip: this.row !== 'plain', channels },
      'opened',
    )
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    await this.#run(cell, 1)
    const after = await this.#pssBytes()
    const cpuMs = await this.#run(cell, 1)
    this.#bursts = Math.max(1, Math.round(this.#sliceCpuMs / cpuMs))
    return (after - before) / connections
  }

  async slice(cell: Cell): Promise<{ cpuMicros: number; bytesPerEvent: number }> {
    const bytesBefore = this.#bytes
    const eventsBefore = this.#events
    const cpuMs = await this.#run(cell, this.#bursts)
    const delivered = (this.#events - eventsBefore) * cell.connections
    return { cpuMicros: (cpuMs * 1000) / delivered, bytesPerEvent: (this.#bytes - bytesBefore) / delivered }
  }

  /** Publishes, and waits until every connection has got it all. Returns the CPU time of the server. */
  async #run({ eventsPerTurn, channels }: Cell, bursts: number): Promise<number> {
    const before = await this.#cpuMs()
    // Each channel has the same number of events when it is over, about a socket's buffer at most.
    const turns = channels === 1 ? 10 : (channels * 2) / eventsPerTurn
    for (let burst = 0; burst < bursts; burst++) {
      this.#events += (turns * eventsPerTurn) / channels
      const seen = this.#reader.ask({ type: 'expect', events: this.#events }, 'seen')
      const published = this.#server.ask(
        { type: 'publish', burst: { turns, eventsPerTurn, channels } },
        'published',
      )
      const [{ bytes }] = await Promise.all([seen, published])
      this.#bytes = bytes
    }
    return (await this.#cpuMs()) - before
  }

  async #cpuMs(): Promise<number> {
    return (await this.#server.ask({ type: 'cpu' }, 'cpu')).cpuMs
  }

  async #pssBytes(): Promise<number> {
    return (await this.#server.ask({ type: 'pss' }, 'pss')).pssBytes
  }

  stop(): void {
    this.#reader.stop()
    this.#server.stop()
  }
}

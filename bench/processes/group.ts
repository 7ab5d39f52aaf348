import { createHub, type Hub } from '@sse/server'
import { Child } from '../common/child.ts'
import type { ReaderAnswer, ReaderOrder } from '../fanout/messages.ts'
import { makeText, makeTick } from '../fanout/tick.ts'
import { type EngineName, openEngine } from './engines.ts'
import type { CpuOrder, ServerAnswer } from './messages.ts'
import { ticks } from './ticks.ts'

const TIMEOUT_MS = 120_000

export interface Slice {
  wallMs: number
  /** Of each server process. */
  cpuMs: number[]
  /** By each server process. */
  delivered: number
}

/** So many server processes on one hub, the connections spread over them, all read by one other process. */
export class Group {
  readonly processes: number
  readonly connections: number
  readonly #servers: Child<CpuOrder, ServerAnswer>[]
  readonly #reader: Child<ReaderOrder, ReaderAnswer>
  readonly #hub: Hub<typeof ticks>
  #events = 0

  constructor(engine: EngineName, place: string, processes: number, connections: number) {
    const name = `group-${processes}-${connections}`
    this.processes = processes
    this.connections = connections
    this.#hub = createHub(ticks, { engine: openEngine(engine, place, name) })
    const program = new URL('./server.ts', import.meta.url)
    this.#servers = Array.from(
      { length: processes },
      () => new Child(program, [engine, place, name], { timeoutMs: TIMEOUT_MS }),
    )
    this.#reader = new Child(new URL('../fanout/reader.ts', import.meta.url), [name], {
      timeoutMs: TIMEOUT_MS,
    })
  }

  async open(): Promise<void> {
    const listening = Promise.all(this.#servers.map((server) => server.hear('listening')))
    const [servers] = await Promise.all([listening, this.#reader.hear('ready')])
    for (const [index, { port }] of servers.entries()) {
      const connections = (this.connections / this.processes) * (index + 1)
      await this.#reader.ask({ type: 'open', port, connections, protocol: 'sse' }, 'opened')
    }
  }

  /** Publishes `bursts` times `events` in one turn; the next when everybody has the last. */
  async run(bursts: number, events: number, payloadBytes: number): Promise<Slice> {
    const text = makeText(payloadBytes)
    const before = await this.#cpu()
    const startedAt = performance.now()
    for (let burst = 0; burst < bursts; burst += 1) {
      const seen = this.#reader.ask({ type: 'expect', events: this.#events + events }, 'seen')
      const published = Array.from({ length: events }, (_, index) =>
        this.#hub.publish('everyone', 'tick', makeTick(this.#events + index, text)),
      )
      this.#events += events
      const [{ problem }] = await Promise.all([seen, ...published])
      if (problem) throw new Error(`${this.processes}: ${problem}`)
    }
    const wallMs = performance.now() - startedAt
    const after = await this.#cpu()
    const { problem } = await this.#reader.ask({ type: 'verify', payloadBytes }, 'verified')
    if (problem) throw new Error(`${this.processes}: ${problem}`)
    return {
      wallMs,
      cpuMs: after.map((ms, index) => ms - (before[index] as number)),
      delivered: (bursts * events * this.connections) / this.processes,
    }
  }

  async #cpu(): Promise<number[]> {
    return Promise.all(this.#servers.map(async (server) => (await server.ask({ type: 'cpu' }, 'cpu')).cpuMs))
  }

  async stop(): Promise<void> {
    this.#reader.stop()
    for (const server of this.#servers) server.stop()
    await this.#hub.close()
  }
}

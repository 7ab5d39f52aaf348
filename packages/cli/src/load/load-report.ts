import { monitorEventLoopDelay } from 'node:perf_hooks'
import { redact } from '../redact.ts'
import type { Percentiles } from './latencies.ts'
import type { Tally } from './tally.ts'

/** How delivery latency was measured, if it was. */
export type DeliveryMeasure = 'time-field' | 'spread' | 'none'

interface Snapshot {
  readonly at: number
  readonly events: number
  readonly bytes: number
}

/** Figures of a run. `toJSON` is what `--json` prints; times are milliseconds. */
export class LoadReport {
  readonly tally: Tally
  readonly timeField: string | undefined
  readonly isCompared: boolean
  readonly #urls: readonly string[]
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 })
  readonly #startedAt = performance.now()
  readonly #cpu = process.cpuUsage()
  #held: Snapshot | undefined
  #end: Snapshot | undefined
  #openAtEnd = 0
  #isInterrupted = false
  #behind = { connections: 0, events: 0 }
  #client = { memoryBytes: 0, cpu: 0, lateP99: 0 }

  constructor(
    tally: Tally,
    { timeField }: { readonly timeField?: string },
    targets: readonly { readonly template: string; readonly log: unknown }[],
  ) {
    this.tally = tally
    this.timeField = timeField
    this.isCompared = targets.some(({ log }) => log !== undefined)
    this.#urls = targets.map(({ template }) => redact(template))
    this.#loopDelay.enable()
  }

  /** All connections have been started: rates are counted from here. */
  allStarted(): void {
    this.#held = this.#snapshot()
  }

  /** Takes the figures that closing the connections would change. */
  finish(behind: { readonly connections: number; readonly events: number }, isInterrupted: boolean): void {
    this.#isInterrupted = isInterrupted
    this.#behind = behind
    this.#openAtEnd = this.tally.open
    this.#end = this.#snapshot()
    this.#loopDelay.disable()
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#client = {
      memoryBytes: process.memoryUsage.rss(),
      cpu: (user + system) / 1_000 / (this.#end.at - this.#startedAt),
      // The monitor measures its own interval.
      lateP99: Math.max(0, this.#loopDelay.percentile(99) / 1e6 - 10),
    }
  }

  get deliveryMeasure(): DeliveryMeasure {
    if (this.timeField !== undefined) return 'time-field'
    return this.isCompared && this.tally.withId > 0 ? 'spread' : 'none'
  }

  /** Whether errors, refusals or losses were found: the exit code is 1. */
  get hasFindings(): boolean {
    const { errors, refusals, gaps, missing, repeated, opened, started } = this.tally
    const found = errors.total + refusals.total + gaps.total + missing + repeated + this.#behind.events
    // A connection that is still waiting for its first answer is no failure yet when the run is interrupted.
    return found > 0 || (opened < started && !this.#isInterrupted)
  }

  get figures(): {
    urls: readonly string[]
    seconds: number
    connections: { started: number; opened: number; open: number; ended: number; failed: number }
    connect: Percentiles | undefined
    delivery: Percentiles | undefined
    eventsPerSecond: number
    bytesPerSecond: number
    behind: { connections: number; events: number }
    client: { memoryBytes: number; memoryBytesPerConnection: number; cpu: number; lateP99: number }
  } {
    const { tally } = this
    const end = this.#end ?? this.#snapshot()
    const from = this.#held ?? { at: this.#startedAt, events: 0, bytes: 0 }
    const seconds = Math.max(0.001, (end.at - from.at) / 1_000)
    const { started, opened, ended, failed } = tally
    return {
      urls: this.#urls,
      seconds: (end.at - this.#startedAt) / 1_000,
      connections: { started, opened, open: this.#openAtEnd, ended, failed },
      connect: tally.connect.percentiles(),
      delivery: tally.delivery.percentiles(),
      eventsPerSecond: (end.events - from.events) / seconds,
      bytesPerSecond: (end.bytes - from.bytes) / seconds,
      behind: this.#behind,
      client: {
        ...this.#client,
        memoryBytesPerConnection: Math.round(this.#client.memoryBytes / Math.max(1, this.#openAtEnd)),
      },
    }
  }

  toJSON(): object {
    const { urls, seconds, connections, connect, delivery, behind, client, ...rates } = this.figures
    const { reconnects, closes, events, bytes, missing, repeated, caughtUp, untimed, early } = this.tally
    const { gaps, refusals, errors } = this.tally
    return {
      urls,
      seconds: round(seconds),
      connections,
      reconnects,
      closedByServer: closes,
      refusals,
      errors,
      gaps,
      events,
      eventsPerSecond: round(rates.eventsPerSecond),
      bytes,
      bytesPerSecond: Math.round(rates.bytesPerSecond),
      losses: this.isCompared ? { missing, repeated, behind } : null,
      connectMs: connect ?? null,
      deliveryMs: delivery ? { measured: this.deliveryMeasure, ...delivery } : null,
      untimed: { caughtUp, withoutTime: untimed, inTheFuture: early },
      client: { ...client, cpu: round(client.cpu), lateP99: round(client.lateP99) },
    }
  }

  #snapshot(): Snapshot {
    const { events, bytes } = this.tally
    return { at: performance.now(), events, bytes }
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

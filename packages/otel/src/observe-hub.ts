import type { BatchObservableCallback, Meter, MeterProvider } from '@opentelemetry/api'
import type { HubStats } from '@sse/server'
import { LateInstruments } from './late-instruments.ts'
import { OncePer } from './once-per.ts'
import { quietly } from './quietly.ts'

export interface ObserveHubOptions {
  /** Where the metrics go. Default: the global provider, also one that is registered later. */
  meterProvider?: MeterProvider | undefined
}

/** A hub, or the runs of `createRuns`. */
export interface ObservedLog {
  readonly contract: { readonly path: string }
  stats(): HubStats
}

const running = new OncePer()
const groups = new Map<MeterProvider | undefined, ObservedHubs>()

/**
 * Records what `hub.stats()` returns, each time metrics are collected: events published and skipped, readers that are
 * behind, channels, the ring. Hubs with the same path share their series, and are added up. Idempotent for each hub and
 * provider.
 *
 * @returns a function that stops. Idempotent. Call it when you close a hub before its process ends.
 */
export function observeHub(hub: ObservedLog, { meterProvider }: ObserveHubOptions = {}): () => void {
  return running.start(hub, meterProvider, () => {
    const group = groups.get(meterProvider) ?? new ObservedHubs(meterProvider)
    groups.set(meterProvider, group)
    group.add(hub)
    return () => {
      if (group.remove(hub) === 0) groups.delete(meterProvider)
    }
  })
}

const NUMBERS = ['published', 'skipped', 'lagging', 'channels', 'ringEvents', 'ringBytes'] as const
type Numbers = Record<(typeof NUMBERS)[number], number>
/** These never decrease, so they keep what a hub has added that is no longer observed. */
const COUNTERS = ['published', 'skipped'] as const

/** The hubs whose numbers go to one provider. */
class ObservedHubs {
  readonly #hubs = new Set<ObservedLog>()
  /** Counts of the hubs that were removed, by path. */
  readonly #removed = new Map<string, Numbers>()
  readonly #late: LateInstruments<() => void>

  constructor(meterProvider: MeterProvider | undefined) {
    this.#late = new LateInstruments(
      meterProvider,
      (meter) => observeNumbers(meter, () => this.#sum()),
      (release) => release(),
    )
  }

  add(hub: ObservedLog): void {
    this.#hubs.add(hub)
    this.#late.get()
  }

  /** Returns how many are left. */
  remove(hub: ObservedLog): number {
    this.#hubs.delete(hub)
    quietly(() => {
      const stats = hub.stats()
      const kept = numbersOf(this.#removed, hub.contract.path)
      for (const name of COUNTERS) kept[name] += stats[name]
    })
    if (this.#hubs.size === 0) this.#late.close()
    return this.#hubs.size
  }

  #sum(): Map<string, Numbers> {
    const sums = new Map([...this.#removed].map(([path, numbers]) => [path, { ...numbers }]))
    for (const hub of this.#hubs) {
      quietly(() => {
        const stats = hub.stats()
        const sum = numbersOf(sums, hub.contract.path)
        for (const name of NUMBERS) sum[name] += stats[name]
      })
    }
    return sums
  }
}

function numbersOf(by: Map<string, Numbers>, path: string): Numbers {
  let numbers = by.get(path)
  if (!numbers) {
    numbers = { published: 0, skipped: 0, lagging: 0, channels: 0, ringEvents: 0, ringBytes: 0 }
    by.set(path, numbers)
  }
  return numbers
}

function observeNumbers(meter: Meter, read: () => Map<string, Numbers>): () => void {
  const instruments = {
    published: meter.createObservableCounter('sse.hub.published', {
      unit: '{event}',
      description: 'Events stored by publish.',
    }),
    skipped: meter.createObservableCounter('sse.hub.skipped', {
      unit: '{entry}',
      description: 'Entries of the engine that cannot be delivered.',
    }),
    lagging: meter.createObservableUpDownCounter('sse.hub.reader.lagging', {
      unit: '{reader}',
      description: 'Connections and loops that wait for room, or read what they missed.',
    }),
    channels: meter.createObservableUpDownCounter('sse.hub.channel.count', {
      unit: '{channel}',
      description: 'Channels with a reader.',
    }),
    ringEvents: meter.createObservableUpDownCounter('sse.hub.ring.count', {
      unit: '{event}',
      description: 'Newest events kept in memory.',
    }),
    ringBytes: meter.createObservableUpDownCounter('sse.hub.ring.size', {
      unit: 'By',
      description: 'Size of the newest events kept in memory.',
    }),
  }
  const observe: BatchObservableCallback = (result) => {
    for (const [path, numbers] of read()) {
      for (const name of NUMBERS) result.observe(instruments[name], numbers[name], { 'http.route': path })
    }
  }
  const observed = Object.values(instruments)
  meter.addBatchObservableCallback(observe, observed)
  return () => meter.removeBatchObservableCallback(observe, observed)
}

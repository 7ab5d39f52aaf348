import { closed } from '../engine/failure.ts'
import type { Commit, Engine, Entry, NewEntry, Page, Retention } from '../hub/engine.ts'
import { nextTurn } from '../next-turn.ts'
import type { FaultyStore, StoredEntry } from './faulty-store.ts'

/** Ways to break a promise. */
export const FAULTS = [
  'loses an entry',
  'gives a position twice',
  'uses positions again after a trim',
  'reorders a batch',
  'shows an entry before those below it',
  'acknowledges before it stores',
  'keeps its epoch after losing entries',
  'stores half a batch in a crash',
  'ignores idempotency keys',
  'trims in silence',
  'keeps what is too old',
  'misses an entry of a second channel',
  'gives short pages',
  'finds nothing beyond 10,000 entries',
  'scans the whole log for a channel',
  'commits backwards',
  'keeps commits in an object',
  'does not wake others',
  'cannot be stopped from waking',
  'answers after close',
] as const

export type Fault = (typeof FAULTS)[number]

/** An engine on arrays, with nothing clever, which keeps every promise but one. */
export class FaultyEngine implements Engine {
  readonly #store: FaultyStore
  readonly #fault: Fault | undefined
  #isClosed = false

  constructor(store: FaultyStore, fault: Fault | undefined) {
    this.#store = store
    this.#fault = fault
  }

  async append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    this.#checkOpen()
    const store = this.#store
    const fresh: StoredEntry[] = []
    const positions: number[] = []
    for (const entry of entries) {
      const { idempotencyKey } = entry
      const held =
        idempotencyKey !== undefined &&
        [...store.entries, ...fresh].find((one) => one.idempotencyKey === idempotencyKey)
      if (held && this.#fault !== 'ignores idempotency keys') {
        positions.push(held.position)
        continue
      }
      store.head += 1
      positions.push(store.head)
      fresh.push({ ...entry, position: store.head, at: Date.now() })
      if (this.#fault === 'gives a position twice' && store.head === 6 && !store.isDoubled) {
        store.isDoubled = true
        store.head -= 1
      }
    }
    await this.#write(fresh)
    if (this.#fault !== 'does not wake others') for (const callback of [...store.callbacks]) callback()
    return { epoch: store.epoch, positions }
  }

  async #write(fresh: StoredEntry[]): Promise<void> {
    const store = this.#store
    const half = Math.floor(fresh.length / 2)
    const [first, second] = [fresh.slice(0, half), fresh.slice(half)]
    switch (this.#fault) {
      case 'loses an entry':
        return store.write(fresh.filter(({ position }) => position % 7 !== 3))
      case 'reorders a batch':
        return store.write(
          fresh.map((entry, index) => ({
            ...(fresh.at(-1 - index) as StoredEntry),
            position: entry.position,
          })),
        )
      case 'acknowledges before it stores':
        return nextTurn(() => nextTurn(() => store.write(fresh)))
      case 'shows an entry before those below it':
        store.write(second)
        await new Promise<void>(nextTurn)
        return store.write(first)
      case 'stores half a batch in a crash':
        store.write(first)
        await new Promise<void>(nextTurn)
        return store.write(second)
      default:
        store.write(fresh)
    }
  }

  async read(after: number, limit: number, channels?: readonly string[]): Promise<Page> {
    this.#checkOpen()
    const { epoch, head, entries } = this.#store
    const isScan = this.#fault === 'scans the whole log for a channel'
    const all = channels && !isScan ? this.#store.inChannels(channels) : entries
    const found = all
      .filter(({ position, channel }) => position > after && (channels?.includes(channel) ?? true))
      .filter((entry) => !this.#isMissed(entry, channels))
    const most = this.#fault === 'gives short pages' && limit > 1 ? limit - 1 : limit
    const oldest = this.#fault === 'trims in silence' ? 1 : (entries[0]?.position ?? head + 1)
    return { epoch, head, oldest, entries: found.slice(0, most) }
  }

  #isMissed({ position, channel }: Entry, channels: readonly string[] = []): boolean {
    if (this.#fault === 'misses an entry of a second channel') {
      return position % 4 === 0 && channels.indexOf(channel) > 0
    }
    return this.#fault === 'finds nothing beyond 10,000 entries' && position > 10_000
  }

  onWake(callback: () => void): () => void {
    this.#store.callbacks.add(callback)
    return () => {
      if (this.#fault !== 'cannot be stopped from waking') this.#store.callbacks.delete(callback)
    }
  }

  async trim({ maxEvents, maxAgeMs }: Retention): Promise<void> {
    this.#checkOpen()
    const store = this.#store
    const oldestAt = this.#fault === 'keeps what is too old' ? 0 : Date.now() - maxAgeMs
    const young = store.entries.filter(({ at }) => at >= oldestAt)
    store.keep(young.slice(Math.max(0, young.length - maxEvents)))
    if (this.#fault === 'uses positions again after a trim') store.head = store.entries.at(-1)?.position ?? 0
  }

  async commit(subscriber: string, commit: Commit): Promise<void> {
    this.#checkOpen()
    const held = this.#store.commits.get(subscriber)
    const isBehind = held?.epoch === commit.epoch && held.position >= commit.position
    if (!isBehind || this.#fault === 'commits backwards') this.#store.commits.set(subscriber, commit)
  }

  async committed(subscriber: string): Promise<Commit | undefined> {
    this.#checkOpen()
    const { commits } = this.#store
    if (this.#fault !== 'keeps commits in an object') return commits.get(subscriber)
    const object: Record<string, Commit> = {}
    for (const [name, commit] of commits) object[name] = commit
    return object[subscriber]
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #checkOpen(): void {
    if (!this.#isClosed || this.#fault === 'answers after close') return
    throw closed()
  }
}

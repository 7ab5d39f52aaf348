import type { SseError } from '@sse/contract'
import type { ReadPayload } from './decode-event.ts'
import { EventQueue, type Overflow } from './event-queue.ts'
import type { EventMeta } from './feed.ts'

export type Listener = (payload: never, meta: EventMeta) => void
export type AnyEvent = { event: string; payload: unknown; id: string }

/** Who listens to one name, and how its events are read: found together, as each look costs with each event. */
export interface NameSubscription {
  /** Another array after each change: whoever goes through it is not disturbed. A `Set` costs Firefox 50 ns an event more. */
  listeners: readonly Listener[]
  readonly read: ReadPayload | undefined
}

/** Whoever takes a feed's events: listeners by name, and loops, which take all. */
export class Listeners {
  readonly #byName = new Map<string, NameSubscription>()
  readonly #readerOf: (name: string) => ReadPayload | undefined
  readonly #queues = new Set<EventQueue<AnyEvent>>()
  #lastName: string | undefined
  #last: NameSubscription | undefined
  /** How many events loops that fell behind did not get. */
  dropped = 0

  constructor(readerOf: (name: string) => ReadPayload | undefined) {
    this.#readerOf = readerOf
  }

  names(): Iterable<string> {
    return this.#byName.keys()
  }

  get hasLoops(): boolean {
    return this.#queues.size > 0
  }

  /** `undefined` where nobody listens: its events are not even read. */
  of(name: string): NameSubscription | undefined {
    // Fresh out of the bytes, a name has to be hashed: 25 ns that a run of equal ones saves.
    if (name !== this.#lastName) {
      this.#lastName = name
      this.#last = this.#byName.get(name)
    }
    const known = this.#last
    if (known && (known.listeners.length > 0 || this.hasLoops)) return known
    return this.hasLoops ? { listeners: [], read: this.#readerOf(name) } : undefined
  }

  add(name: string, listener: Listener): void {
    const heard = this.#byName.get(name) ?? { listeners: [], read: this.#readerOf(name) }
    if (!heard.listeners.includes(listener)) heard.listeners = [...heard.listeners, listener]
    this.#byName.set(name, heard)
    this.#lastName = undefined
  }

  delete(name: string, listener: Listener): void {
    const heard = this.#byName.get(name)
    if (heard) heard.listeners = heard.listeners.filter((other) => other !== listener)
  }

  loop(maxQueued: number, overflow: Overflow): EventQueue<AnyEvent> {
    const queue: EventQueue<AnyEvent> = new EventQueue<AnyEvent>({
      maxQueued,
      overflow,
      onDrop: () => {
        this.dropped += 1
      },
      onOver: () => this.#queues.delete(queue),
    })
    this.#queues.add(queue)
    return queue
  }

  queue(event: AnyEvent): void {
    for (const queue of this.#queues) queue.push(event)
  }

  /** Ends the loops, after what they hold. */
  finish(error: SseError | undefined): void {
    for (const queue of [...this.#queues]) queue.finish(error)
  }
}

import type { SseError } from '@sse/contract'
import { EventQueue, type Overflow } from './event-queue.ts'
import type { EventMeta } from './feed.ts'

export type Listener = (payload: never, meta: EventMeta) => void
export type AnyEvent = { event: string; payload: unknown; id: string }

/** Whoever takes a feed's events: listeners by name, and loops, which take all. */
export class Listeners {
  readonly #byName = new Map<string, Set<Listener>>()
  readonly #queues = new Set<EventQueue<AnyEvent>>()
  /** How many events loops that fell behind did not get. */
  dropped = 0

  names(): Iterable<string> {
    return this.#byName.keys()
  }

  get hasLoops(): boolean {
    return this.#queues.size > 0
  }

  hears(name: string): boolean {
    return this.hasLoops || !!this.#byName.get(name)?.size
  }

  add(name: string, listener: Listener): void {
    const listeners = this.#byName.get(name) ?? new Set()
    this.#byName.set(name, listeners.add(listener))
  }

  delete(name: string, listener: Listener): void {
    this.#byName.get(name)?.delete(listener)
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

  /** @param call - calls a listener; `false` stops it: what follows a `close()` in a listener is not delivered. */
  dispatch({ event, payload, id }: AnyEvent, call: (task: () => void) => boolean): void {
    for (const listener of this.#byName.get(event) ?? []) {
      if (!call(() => listener(payload as never, { event, id }))) return
    }
    for (const queue of this.#queues) queue.push({ event, payload, id })
  }

  /** Ends the loops, after what they hold. */
  finish(error: SseError | undefined): void {
    for (const queue of [...this.#queues]) queue.finish(error)
  }
}

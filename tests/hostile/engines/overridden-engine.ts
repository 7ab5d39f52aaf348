import { memory } from '@sse/server'
import type { Engine, Entry, Page } from '@sse/server/engine-kit'

export type { Commit, Engine, Entry, Page } from '@sse/server/engine-kit'

type AnyFunction = (...args: never[]) => unknown
/** Names of what an engine can be asked to do. */
export type Verb = {
  [Name in keyof Engine]-?: NonNullable<Engine[Name]> extends AnyFunction ? Name : never
}[keyof Engine]

/** An engine with some verbs replaced; every other one, also one that is new, is the inner engine's. */
export function overrideEngine(inner: Engine, overrides: Partial<Record<keyof Engine, unknown>>): Engine {
  return new Proxy(inner, {
    get(target, name) {
      if (Object.hasOwn(overrides, name)) return overrides[name as keyof Engine]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A log in memory to which other programs write, too. It outlives the hubs that close it. */
export class SharedLog {
  readonly inner = memory()
  readonly #written = new Map<number, (position: number, at: number) => unknown>()
  readonly #wakers = new Set<() => void>()
  readonly engine = overrideEngine(this.inner, {
    read: async (...request: Parameters<Engine['read']>): Promise<Page> => {
      const page = await this.inner.read(...request)
      return { ...page, entries: page.entries.flatMap((entry) => this.#readBack(entry)) }
    },
    onWake: (wake: () => void) => {
      this.#wakers.add(wake)
      return () => this.#wakers.delete(wake)
    },
    close: async () => {},
  })

  /**
   * Stores what `make` returns, whatever it is, as the entry of the next position; `HOLE` leaves the position empty.
   *
   * @param channel - the channel by which the store finds it.
   */
  async write(make: (position: number, at: number) => unknown, channel: string): Promise<void> {
    const { positions } = await this.inner.append([{ channel, event: 'placeholder', data: '' }])
    this.#written.set(positions[0] as number, make)
  }

  /** Tells every hub that something was written. */
  wake(): void {
    for (const wake of this.#wakers) wake()
  }

  #readBack(entry: Entry): Entry[] {
    const make = this.#written.get(entry.position)
    if (!make) return [entry]
    const made = make(entry.position, entry.at)
    return made === HOLE ? [] : [made as Entry]
  }
}

/** Made instead of an entry: the position has none. */
export const HOLE = Symbol('hole')

import { SseError } from '@sse/contract'
import type { Commit, Engine, NewEntry, Page, ReadOptions, Retention } from '@sse/server/engine-kit'
import { BrokenPromise } from '../broken-promise.ts'
import { Random } from './random.ts'
import { turns } from './turns.ts'

/** When an append fails: before the engine gets it, or after it has stored it. */
export type AppendFault = 'before' | 'after'

/**
 * An engine whose calls take a random number of turns, whose appends fail on demand, and which can be cut off or
 * exchanged below a running hub.
 */
export class FaultInjectingEngine implements Engine {
  #inner: Engine
  #random = new Random(0)
  #maxTurns: number
  #inFlight = 0
  readonly #alone = { append: 0, trim: 0 }
  #isCut = false
  /** Stops the inner engine from waking this one, while a hub wants to be woken. */
  #stopWake: (() => void) | undefined
  readonly #callbacks = new Set<() => void>()
  readonly #appendFaults: AppendFault[] = []
  /** A rule the hub has broken. */
  violation: BrokenPromise | undefined

  /** @param maxTurns - maximum delay before and after a call, in turns. */
  constructor(inner: Engine, maxTurns: number) {
    this.#inner = inner
    this.#maxTurns = maxTurns
  }

  get isIdle(): boolean {
    return this.#inFlight === 0
  }

  shake(random: Random): void {
    this.#random = random
  }

  failAppend(fault: AppendFault): void {
    this.#appendFaults.push(fault)
  }

  calm(): void {
    this.#appendFaults.length = 0
  }

  /** Crashes this process: nothing reaches the engine from now on. */
  cut(): void {
    this.#isCut = true
    this.#stopWake?.()
  }

  /** Closes the inner engine, so that another one can replace it. */
  async release(): Promise<void> {
    this.#stopWake?.()
    await this.#inner.close()
  }

  /** Replaces the inner engine: another log, or the same one after a restart. */
  exchange(inner: Engine): void {
    this.#stopWake?.()
    this.#inner = inner
    this.#stopWake = this.#callbacks.size === 0 ? undefined : inner.onWake(() => this.wake())
    this.wake()
  }

  /** Wakes the hub. A hint may come without a reason. */
  wake(): void {
    for (const callback of [...this.#callbacks]) callback()
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: readonly number[] }> {
    return this.#oneAtATime('append', async () => {
      const fault = this.#appendFaults.shift()
      if (fault === 'before') throw unavailable('Failed on demand')
      const stored = await this.#inner.append(entries)
      if (fault === 'after') throw unavailable('Failed on demand')
      return stored
    })
  }

  read(after: number, options: ReadOptions): Promise<Page> {
    return this.#delayed(() => this.#inner.read(after, options))
  }

  onWake(callback: () => void): () => void {
    this.#callbacks.add(callback)
    this.#stopWake ??= this.#inner.onWake(() => this.wake())
    return () => {
      this.#callbacks.delete(callback)
      if (this.#callbacks.size > 0) return
      this.#stopWake?.()
      this.#stopWake = undefined
    }
  }

  trim(retention: Retention): Promise<void> {
    return this.#oneAtATime('trim', () => this.#inner.trim(retention))
  }

  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#delayed(() => this.#inner.commit(subscriber, commit))
  }

  committed(subscribers: readonly string[]): Promise<ReadonlyMap<string, Commit>> {
    return this.#delayed(() => this.#inner.committed(subscribers))
  }

  forget(subscriber: string): Promise<void> {
    return this.#delayed(() => this.#inner.forget(subscriber))
  }

  async close(): Promise<void> {
    this.#stopWake?.()
    if (!this.#isCut) await this.#inner.close()
  }

  async #oneAtATime<Value>(verb: 'append' | 'trim', call: () => Promise<Value>): Promise<Value> {
    this.#alone[verb] += 1
    if (this.#alone[verb] > 1) {
      this.violation ??= new BrokenPromise('a hub makes one append and one trim at a time', verb)
    }
    try {
      return await this.#delayed(call)
    } finally {
      this.#alone[verb] -= 1
    }
  }

  async #delayed<Value>(call: () => Promise<Value>): Promise<Value> {
    this.#inFlight += 1
    const [before, after] = [this.#random.int(this.#maxTurns + 1), this.#random.int(this.#maxTurns + 1)]
    try {
      await turns(before)
      if (this.#isCut) throw unavailable('This process has crashed')
      const value = await call()
      await turns(after)
      if (this.#isCut) throw unavailable('This process has crashed')
      return value
    } finally {
      this.#inFlight -= 1
    }
  }
}

function unavailable(message: string): SseError {
  return new SseError('engine_unavailable', message)
}

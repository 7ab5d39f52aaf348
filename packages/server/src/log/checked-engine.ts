import { isSseError, SseError } from '@sse/contract'
import { within } from '../engine-kit/within.ts'
import { callApp } from './app-callback.ts'
import type { Commit, Engine, Entry, LogState, NewEntry, Page, ReadOptions, Retention } from './engine.ts'

/** How long a call may take. A last resort: engines have limits of their own, which are shorter. */
const DEADLINE_MS = 30_000
const EPOCH = /^[0-9A-Za-z]{1,32}$/
/** A position after every entry: such a read returns the state only. */
const NOWHERE = Number.MAX_SAFE_INTEGER

export interface Appended {
  readonly epoch: string
  readonly positions: readonly number[]
}

/**
 * An engine whose answers are checked. Every call settles, and rejects with an `SseError`: an answer that makes no
 * sense, or none at all, is a failure of the engine and not of the hub.
 */
export class CheckedEngine {
  readonly #engine: Engine
  readonly #onError: (error: unknown) => void

  constructor(engine: Engine, onError: (error: unknown) => void) {
    this.#engine = engine
    this.#onError = onError
  }

  get hasReliableWakes(): boolean {
    return this.#engine.hasReliableWakes === true
  }

  append(entries: readonly NewEntry[]): Promise<Appended> {
    return this.#call('append', async () => {
      const { epoch, positions } = await this.#engine.append(entries)
      const isValid =
        isEpoch(epoch) && positions.length === entries.length && positions.every((at) => isPosition(at, 1))
      if (!isValid) throw new TypeError(`its epoch is ${epoch} and its positions are ${positions}`)
      return { epoch, positions }
    })
  }

  read(after: number, options: ReadOptions): Promise<Page> {
    return this.#call('read', async () => checkPage(await this.#engine.read(after, options), after))
  }

  readState(): Promise<LogState> {
    return this.#call('read', async () =>
      checkState(await this.#engine.read(NOWHERE, { limit: 0, maxBytes: 0 })),
    )
  }

  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#call('commit', async () => this.#engine.commit(subscriber, commit))
  }

  committed(subscribers: readonly string[]): Promise<ReadonlyMap<string, Commit>> {
    return this.#call('committed', async () => {
      const commits = await this.#engine.committed(subscribers)
      for (const subscriber of subscribers) {
        const commit = commits.get(subscriber)
        const isValid = commit === undefined || (isEpoch(commit.epoch) && isPosition(commit.position, 0))
        if (!isValid) throw new TypeError(`the commit of "${subscriber}" is not valid`)
      }
      return commits
    })
  }

  forget(subscriber: string): Promise<void> {
    return this.#call('forget', async () => this.#engine.forget(subscriber))
  }

  trim(retention: Retention): Promise<void> {
    return this.#call('trim', async () => this.#engine.trim(retention))
  }

  /** Calls `callback` as the engine's own `onWake` does. Never throws: a hub also polls. */
  onWake(callback: () => void): () => void {
    let stop: (() => void) | undefined
    const report = (error: unknown) => this.#onError(engineError(error, 'onWake'))
    callApp(() => {
      stop = this.#engine.onWake(callback)
      return stop
    }, report)
    return () => callApp(() => stop?.(), report)
  }

  async #call<Result>(verb: string, call: () => Promise<Result>): Promise<Result> {
    const late = () =>
      new SseError('engine_unavailable', `The engine has not answered ${verb} for ${DEADLINE_MS} ms`)
    try {
      return await within(DEADLINE_MS, call(), late)
    } catch (error) {
      throw engineError(error, verb)
    }
  }
}

/** Returns an `SseError`. Anything else an engine rejects with is a fault of the engine. */
export function engineError(error: unknown, verb = 'a call'): SseError {
  if (isSseError(error)) return error
  const reason = error instanceof Error ? `: ${error.message}` : ''
  return new SseError('engine_failed', `The engine failed at ${verb}${reason}`, { cause: error })
}

/** @throws {TypeError} if a page says nothing about how far it reaches. Its order is restored if need be. */
function checkPage(page: Page, after: number): Page {
  const state = checkState(page)
  const { entries, reached } = page
  if (!Array.isArray(entries)) throw new TypeError('the entries of its page are not an array')
  if (!isPosition(reached, after)) throw new TypeError(`its page after ${after} reached ${String(reached)}`)
  return { ...state, entries: orderEntries(entries, after, reached), reached }
}

function checkState({ epoch, head, oldest }: LogState): LogState {
  if (!isEpoch(epoch) || !isPosition(head, 0) || !isPosition(oldest, 0)) {
    throw new TypeError(
      `its state is not valid: epoch ${String(epoch)}, head ${String(head)}, oldest ${String(oldest)}`,
    )
  }
  return { epoch, head, oldest: Math.min(Math.max(1, oldest), head + 1) }
}

/** Returns the entries between two positions, in order. Of several with one position, the first counts. */
function orderEntries(entries: readonly Entry[], after: number, reached: number): readonly Entry[] {
  let last = after
  let isOrdered = true
  const found: Entry[] = []
  for (const entry of entries) {
    const copy = readEntry(entry)
    if (!copy || !isPosition(copy.position, after + 1) || copy.position > reached) continue
    isOrdered &&= copy.position > last
    last = copy.position
    found.push(copy)
  }
  if (isOrdered) return found
  const byPosition = new Map<number, Entry>()
  for (const entry of found) {
    if (!byPosition.has(entry.position)) byPosition.set(entry.position, entry)
  }
  return [...byPosition.values()].sort((a, b) => a.position - b.position)
}

/** Copies the fields, so that nothing that follows runs code of the engine's. Returns `undefined` if that fails. */
function readEntry(entry: Entry): Entry | undefined {
  try {
    const { position, channel, event, data, key, at, traceparent } = entry
    return { position, channel, event, data, key, at, traceparent }
  } catch {
    return undefined
  }
}

function isEpoch(value: unknown): value is string {
  return typeof value === 'string' && EPOCH.test(value)
}

function isPosition(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min
}

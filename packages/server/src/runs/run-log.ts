import { type StreamContract, type as typeOf } from '@sse/contract'
import { isText } from '@sse/contract/protocol'
import type { LogHub } from '../hub/create-hub.ts'
import type { Subscription } from '../hub/subscription.ts'
import { CheckedEngine } from '../log/checked-engine.ts'
import type { Engine, Entry } from '../log/engine.ts'
import { formatId, parseId } from '../log/id.ts'
import { controlChannel, eventsChannel, groupChannel, RUN_EVENT } from './run-names.ts'
import { applyRecord, type RunRecord, type RunState, readRecord } from './run-state.ts'

/** A contract whose payloads are checked already, with the control event. */
export type LoggedContract = StreamContract
export type RunHub = LogHub<LoggedContract>

/** A run as it was read, and the position up to which it was. */
export interface FoundRun {
  readonly epoch: string
  readonly reached: number
  readonly state: RunState
}

/** The newest run of a group. */
export interface GroupHead {
  readonly run: string
  readonly position: number
}

const PAGE = { limit: 100, maxBytes: 1_048_576 }

/** Returns the contract of the hub that stores the runs of `contract`. */
export function loggedContract(contract: StreamContract): LoggedContract {
  const events = Object.entries(contract.events).map(([name, schema]) => [
    name,
    isText(schema) ? schema : typeOf(),
  ])
  return {
    ...contract,
    channels: undefined,
    events: { ...Object.fromEntries(events), [RUN_EVENT]: typeOf() },
  }
}

/**
 * The runs in the log. Each has a control channel with its starts and its end, and one channel for the events of each
 * attempt.
 */
export class RunLog {
  readonly hub: RunHub
  readonly #engine: CheckedEngine
  readonly #onFailure: () => void

  /** @param onFailure - called when a run could not be read. */
  constructor(hub: RunHub, engine: Engine, onError: (error: unknown) => void, onFailure: () => void) {
    this.hub = hub
    this.#engine = new CheckedEngine(engine, onError)
    this.#onFailure = onFailure
  }

  /**
   * Reads the state of a run. `undefined`: it was never started, or is no longer retained.
   *
   * @throws {SseError} errors of the engine.
   */
  async find(id: string): Promise<FoundRun | undefined> {
    let state: RunState | undefined
    const reading = this.#readAll(controlChannel(id), 0, ({ event, data, position, at }) => {
      if (event === RUN_EVENT) state = applyRecord(state, readRecord(parseJson(data)), position, at)
    })
    reading.catch(this.#onFailure)
    const { epoch, reached } = await reading
    return state && { epoch, reached, state }
  }

  /** Appends a control entry. @throws {SseError} errors of the engine: it may have been stored. */
  append(id: string, record: RunRecord): Promise<string> {
    return this.hub.publish(controlChannel(id), RUN_EVENT, record)
  }

  /** Follows the control channel of a run from where it was read. */
  followControl(
    id: string,
    { epoch, reached: position }: FoundRun,
    signal: AbortSignal,
  ): Subscription<LoggedContract> {
    return this.hub.subscribe(controlChannel(id), { after: formatId({ epoch, position }), signal })
  }

  /** Returns whether the entry at a position is one that readers of the run's current attempt receive. */
  async isOwn(id: string, { epoch, state }: FoundRun, position: number): Promise<boolean> {
    const channels = [controlChannel(id), eventsChannel(id, state.attempt)]
    const page = await this.#engine.read(position - 1, { ...PAGE, limit: 1, channels })
    const [entry] = page.entries
    if (page.epoch !== epoch || entry?.position !== position) return false
    if (state.end && position > state.end.position) return false
    if (entry.channel !== channels[0]) return true
    const record = readRecord(parseJson(entry.data))
    return record?.type === 'started' && record.attempt === state.attempt
  }

  /** Position of the newest entry of all runs that this process knows. */
  get head(): number {
    return this.hub.stats().head
  }

  /** Returns the position of an id that the hub has written. */
  positionOf(id: string): number {
    return parseId(id)?.position ?? 0
  }

  /** Reads the newest run of a group. @throws {SseError} errors of the engine. */
  async newest(group: string): Promise<GroupHead | undefined> {
    return (await this.#readGroup(group, 0)).head
  }

  /**
   * Makes a run the newest of its group if `before` still is. The log's order decides: of several that name the same
   * predecessor, the first one wins.
   *
   * @returns whether it is.
   */
  async advance(group: string, run: string, before: GroupHead | undefined): Promise<boolean> {
    const entry = { run, after: before?.position ?? 0 }
    const commit = parseId(await this.hub.publish(groupChannel(group), RUN_EVENT, entry))
    if (!commit) return false
    const { isAccepted } = await this.#readGroup(group, commit.position)
    // Lets the next reader of a long group start here. Without it the reader only takes longer.
    if (isAccepted) await this.#engine.commit(groupChannel(group), commit).catch(() => {})
    return isAccepted
  }

  /** Names a run as the newest of its group again, so that the group stays retained. No effect if another one is. */
  async keepNewest(group: string, run: string): Promise<void> {
    const head = await this.newest(group)
    if (head?.run === run) await this.advance(group, run, head)
  }

  async #readGroup(
    group: string,
    watched: number,
  ): Promise<{ head: GroupHead | undefined; isAccepted: boolean }> {
    const channel = groupChannel(group)
    const commit = (await this.#engine.committed([channel])).get(channel)
    for (let after = Math.max(0, (commit?.position ?? 0) - 1); ; after = 0) {
      let head: GroupHead | undefined
      let first: { position: number; after: number } | undefined
      let isAccepted = false
      const { epoch } = await this.#readAll(channel, after, ({ event, data, position }) => {
        if (event !== RUN_EVENT) return
        const entry = parseJson(data) as { run?: unknown; after?: unknown } | null
        if (typeof entry?.run !== 'string' || typeof entry.after !== 'number') return
        first ??= { position, after: entry.after }
        // The first one may have lost against one that is no longer retained, and that a later one names.
        const isUnsure = head?.position === first.position
        const followsTrimmed = isUnsure && entry.after < first.position && entry.after > first.after
        if (head && entry.after !== head.position && !followsTrimmed) return
        head = { run: entry.run, position }
        if (position === watched) isAccepted = true
      })
      if (after === 0 || epoch === commit?.epoch) return { head, isAccepted }
    }
  }

  /** Reads a channel to its end. */
  async #readAll(
    channel: string,
    after: number,
    take: (entry: Entry) => void,
  ): Promise<{ epoch: string; reached: number }> {
    let reached = after
    for (;;) {
      const page = await this.#engine.read(reached, { ...PAGE, channels: [channel] })
      for (const entry of page.entries) take(entry)
      reached = Math.max(page.reached, page.entries.at(-1)?.position ?? 0)
      if (reached >= page.head) return { epoch: page.epoch, reached: page.head }
    }
  }
}

/** Another program may have written the entry. */
function parseJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

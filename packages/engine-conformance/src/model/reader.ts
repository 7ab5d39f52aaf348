import type { Gap } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type { Commit } from '@sse/server/engine-kit'
import { formatId, parseId } from '@sse/server/engine-kit'
import { BrokenPromise, check } from '../broken-promise.ts'
import type { Frame } from './frames.ts'
import type { ReaderConnection } from './reader-connection.ts'
import type { Reference } from './reference.ts'
import type { ReferenceLog } from './reference-log.ts'
import { ResponseConnection } from './response-connection.ts'

/** Where a connection asked to start: after an id, at the oldest event, at the head, or after text that is not an id. */
export interface StartFrom {
  readonly from: Commit | 'oldest' | 'now' | 'nowhere'
  /** Whether the id came from a hub, and so cannot be ahead of the log. */
  readonly isGenuine: boolean
  /** The log as it was last seen before the connection. */
  readonly epoch: string
  readonly head: number
  readonly oldest: number
}

/** A client, over any number of connections. Everything it receives is compared with the reference after each step. */
export class Reader {
  readonly name: string
  readonly channels: readonly string[]
  readonly subscriber: string | undefined
  connection: ReaderConnection | undefined
  isFlowing = true
  /** The last id it received, which it reconnects with. */
  lastId: string | undefined
  /** Whether that id came from a hub. */
  isGenuine = false
  readonly #queue: (Frame | StartFrom)[] = []
  /** Position of the connection; `undefined` until it is known. */
  #stand: Commit | undefined
  #start: StartFrom = { from: 'now', isGenuine: false, epoch: '', head: 0, oldest: 1 }

  constructor(name: string, channels: readonly string[], subscriber: string | undefined) {
    this.name = name
    this.channels = channels
    this.subscriber = subscriber
  }

  get isConnected(): boolean {
    return this.connection !== undefined && !this.connection.isEnded
  }

  connect(connection: ReaderConnection, start: StartFrom): void {
    this.#take(Number.POSITIVE_INFINITY)
    this.connection = connection
    this.isFlowing = true
    this.#queue.push(start)
  }

  setFlowing(isFlowing: boolean): void {
    if (!isFlowing) this.#take(Number.POSITIVE_INFINITY)
    this.isFlowing = isFlowing
    this.connection?.setFlowing(isFlowing)
  }

  /** Disconnects. Of the frames that have arrived, it has processed only the first ones. */
  drop(processed: (arrived: number) => number): void {
    if (!this.connection) return
    this.#take(processed(this.connection.frames.length))
    this.connection.drop()
    this.connection = undefined
  }

  /** Returns whether it has the newest event of its channels, or reads nothing now. */
  hasArrived(log: ReferenceLog): boolean {
    if (!(this.connection instanceof ResponseConnection) || !this.isConnected || !this.isFlowing) return true
    const last = parseId(
      this.connection?.frames.findLast(({ id }) => id !== undefined)?.id ?? this.lastId ?? '',
    )
    return last?.epoch === log.epoch && last.position >= log.lastOf(this.channels)
  }

  /** @throws {BrokenPromise} when a frame that has arrived is wrong. */
  verify(reference: Reference): void {
    if (this.isFlowing) this.#take(Number.POSITIVE_INFINITY)
    const { refusal = '' } = this.connection ?? {}
    // The log was replaced in the meantime, and with it maybe a revocation: a client tries again.
    const isRotated = /rotated|revocation may have been missed/.test(refusal)
    check(refusal === '' || isRotated, `${this.name} is admitted`, refusal)
    for (const item of this.#queue.splice(0)) {
      if ('from' in item) {
        this.#start = item
        this.#stand = undefined
      } else this.#verifyFrame(item, reference)
    }
    if (isRotated) this.drop(() => 0)
  }

  /** Returns the promise that is broken if no more frames arrive. Call it after `verify`. */
  findMissing(log: ReferenceLog): BrokenPromise | undefined {
    if (!this.isConnected || !this.isFlowing) return undefined
    if (!this.#stand) {
      const { from } = this.#start
      if (from === 'now') this.#stand = { epoch: log.epoch, position: log.head }
      else if (from === 'oldest') this.#stand = { epoch: log.epoch, position: log.oldest - 1 }
      else if (from !== 'nowhere' && from.epoch === log.epoch && from.position <= log.head) this.#stand = from
      else return this.#broken('an id that does not belong to the log is answered with a gap')
    }
    const stand = this.#stand
    if (stand.epoch !== log.epoch) return this.#broken('a replaced log is reported as a gap', formatId(stand))
    const missing = log.firstMissing(stand.position, log.head + 1, this.channels)
    if (missing === undefined) return undefined
    return this.#broken(
      'every retained event arrives, or a gap is reported',
      `${missing} of "${log.at(missing)?.channel}" is missing at ${formatId(stand)}`,
    )
  }

  #take(count: number): void {
    for (const frame of this.connection?.frames.splice(0, count) ?? []) {
      if (frame.id !== undefined) {
        this.lastId = frame.id
        this.isGenuine = true
      }
      this.#queue.push(frame)
    }
  }

  #verifyFrame(frame: Frame, reference: Reference): void {
    if (frame.event === CONTROL.error || frame.event === CONTROL.end) return
    const at = frame.id === undefined ? undefined : parseId(frame.id)
    const log = at && reference.logOf(at.epoch)
    if (!at || !log) throw this.#broken('every frame has the id of an existing log', JSON.stringify(frame))
    if (!log.isGone && at.position > log.head)
      throw this.#broken('no id is ahead of the log', `${frame.id}, head ${log.head}`)
    if (frame.event === CONTROL.open) this.#verifyOpen(at, log)
    else if (frame.event === CONTROL.gap) this.#verifyGap(at, JSON.parse(frame.data ?? '{}') as Gap, log)
    else if (frame.event === CONTROL.heartbeat) this.#verifyReached(at, at.position + 1, log)
    else this.#verifyEvent(at, frame, reference, log)
    this.#stand = at
  }

  #verifyOpen(at: Commit, log: ReferenceLog): void {
    const { from } = this.#start
    const isRight = this.#stand
      ? isSame(at, this.#stand)
      : from === 'now'
        ? at.position >= this.#headOf(at.epoch)
        : from === 'oldest'
          ? at.position < log.oldest
          : from !== 'nowhere' && isSame(at, from)
    if (isRight) return
    const expected = this.#stand ?? from
    throw this.#broken(
      'a connection starts where it asked to, or reports a gap first',
      `at ${formatId(at)}, asked ${typeof expected === 'string' ? expected : formatId(expected)}`,
    )
  }

  #verifyGap(at: Commit, { reason, since }: Gap, log: ReferenceLog): void {
    const { from, isGenuine, epoch, oldest } = this.#start
    const before = this.#stand ?? (typeof from === 'string' ? undefined : from)
    if (reason === 'trimmed') {
      // A loop has no open event: one that started at the head missed what came after the head seen before.
      const start = before ?? { epoch: at.epoch, position: from === 'now' ? this.#headOf(at.epoch) : 0 }
      const isTrue =
        (before ?? from) !== 'nowhere' && start.epoch === at.epoch && start.position < log.oldest - 1
      // What was trimmed before a new subscriber came is not missing.
      const isNew = (before ?? from) === 'oldest' && at.position < oldest
      const isExact = at.position > start.position && at.position < log.oldest
      const isNamed = since === undefined || since === formatId({ ...at, position: at.position + 1 })
      if (isTrue && !isNew && isExact && isNamed) return
    } else if (reason === 'epoch') {
      // Another log than the one it had, asked for, or found when it connected.
      if (from === 'nowhere' && !this.#stand) return
      if ((before?.epoch ?? epoch) !== at.epoch) return
    } else if (!this.#stand && before?.epoch === at.epoch && before.position > this.#headOf(at.epoch)) {
      if (!isGenuine) return
    }
    throw this.#broken(
      'a gap is reported only where history is missing, and continues from the right position',
      `${reason} at ${formatId(at)} since ${since}, from ${before && formatId(before)}, oldest ${log.oldest}`,
    )
  }

  #verifyEvent(at: Commit, frame: Frame, reference: Reference, log: ReferenceLog): void {
    this.#verifyReached(at, at.position, log)
    const publication = reference.identify(frame.data)
    if (!publication) throw this.#broken('every event was published', JSON.stringify(frame))
    log.learn(at.position, publication) // throws if the position belongs to another one
    if (frame.event !== publication.event)
      throw this.#broken('an event keeps its name', JSON.stringify(frame))
    if (!this.channels.includes(publication.channel)) {
      throw this.#broken('a reader gets events of its channels only', JSON.stringify(frame))
    }
  }

  /** Checks that no event in between is missing. */
  #verifyReached(at: Commit, before: number, log: ReferenceLog): void {
    const stand = this.#stand ?? this.#startOf(at, log)
    if (stand.epoch !== at.epoch) throw this.#broken('a change of the log is reported as a gap', formatId(at))
    if (before <= stand.position) {
      throw this.#broken('events arrive once and in order', `${formatId(at)} after ${formatId(stand)}`)
    }
    const missing = log.firstMissing(stand.position, before, this.channels)
    if (missing === undefined) return
    throw this.#broken(
      'no event is left out silently',
      `${formatId(at)} came without ${missing} of "${log.at(missing)?.channel}"`,
    )
  }

  /** Returns where a connection without an open event, a loop, has started. */
  #startOf(first: Commit, log: ReferenceLog): Commit {
    const { from } = this.#start
    const before = first.position - 1
    if (from === 'now') return { epoch: first.epoch, position: before }
    if (from === 'oldest') return { epoch: first.epoch, position: Math.min(before, log.oldest - 1) }
    if (from !== 'nowhere') return from
    throw this.#broken('text that is not an id is answered with a gap', formatId(first))
  }

  /** Returns the least position the log's head had when the connection was made. */
  #headOf(epoch: string): number {
    return epoch === this.#start.epoch ? this.#start.head : 0
  }

  #broken(promise: string, seen = ''): BrokenPromise {
    return new BrokenPromise(promise, `${this.name} of ${this.channels}${seen === '' ? '' : `: ${seen}`}`)
  }
}

function isSame(a: Commit, b: Commit): boolean {
  return a.epoch === b.epoch && a.position === b.position
}

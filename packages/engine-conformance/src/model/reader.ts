import type { Gap } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type { Commit } from '@sse/server'
import { formatId, parseId } from '@sse/server/engine-kit'
import { BrokenPromise, check } from '../broken-promise.ts'
import type { Frame } from './frames.ts'
import type { Link } from './link.ts'
import { ResponseLink } from './response-link.ts'
import type { Truth } from './truth.ts'
import type { ReferenceLog } from './truth-log.ts'

/** Where a connection asked to begin: after an id, with the oldest, from now on, or after what is no id at all. */
export interface StartFrom {
  readonly from: Commit | 'oldest' | 'now' | 'nowhere'
  /** Whether the id came from a hub, and so cannot be ahead of the log. */
  readonly isGenuine: boolean
  /** The log that there was just before, and its head. */
  readonly epoch: string
  readonly head: number
}

/**
 * A client, over any number of connections. It believes nothing: everything it gets is held against the truth,
 * later, when what happened is known.
 */
export class Reader {
  readonly name: string
  readonly channels: readonly string[]
  readonly subscriber: string | undefined
  link: Link | undefined
  isFlowing = true
  /** The last id it got: what it comes back with. */
  lastId: string | undefined
  /** Whether it got that from a hub. */
  isGenuine = false
  readonly #queue: (Frame | StartFrom)[] = []
  /** Where the connection stands; `undefined` until it is known. */
  #stand: Commit | undefined
  #beginning: StartFrom = { from: 'now', isGenuine: false, epoch: '', head: 0 }

  constructor(name: string, channels: readonly string[], subscriber: string | undefined) {
    this.name = name
    this.channels = channels
    this.subscriber = subscriber
  }

  get isConnected(): boolean {
    return this.link !== undefined && !this.link.isEnded
  }

  connect(link: Link, beginning: StartFrom): void {
    this.#take(Number.POSITIVE_INFINITY)
    this.link = link
    this.isFlowing = true
    this.#queue.push(beginning)
  }

  setFlowing(isFlowing: boolean): void {
    if (!isFlowing) this.#take(Number.POSITIVE_INFINITY)
    this.isFlowing = isFlowing
    this.link?.setFlowing(isFlowing)
  }

  /** Leaves; of what has arrived, only the first frames were ever looked at. */
  drop(looked: (arrived: number) => number): void {
    if (!this.link) return
    this.#take(looked(this.link.frames.length))
    this.link.drop()
    this.link = undefined
  }

  /** Whether it has the newest event that is for it, or takes nothing now. */
  hasArrived(log: ReferenceLog): boolean {
    if (!(this.link instanceof ResponseLink) || !this.isConnected || !this.isFlowing) return true
    const last = parseId(this.link?.frames.findLast(({ id }) => id !== undefined)?.id ?? this.lastId ?? '')
    return last?.epoch === log.epoch && last.position >= log.lastOf(this.channels)
  }

  /** @throws {BrokenPromise} when anything that came is not as it must be, or something did not come. */
  verify(truth: Truth): void {
    if (this.isFlowing) this.#take(Number.POSITIVE_INFINITY)
    check(this.link?.refusal === undefined, `${this.name} is let in`, this.link?.refusal)
    for (const item of this.#queue.splice(0)) {
      if ('from' in item) {
        this.#beginning = item
        this.#stand = undefined
      } else this.#verifyFrame(item, truth)
    }
    if (this.isConnected && this.isFlowing) this.#verifyWhole(truth.log)
  }

  #take(count: number): void {
    for (const frame of this.link?.frames.splice(0, count) ?? []) {
      if (frame.id !== undefined) {
        this.lastId = frame.id
        this.isGenuine = true
      }
      this.#queue.push(frame)
    }
  }

  #verifyFrame(frame: Frame, truth: Truth): void {
    if (frame.event === CONTROL.error || frame.event === CONTROL.end) return
    const at = frame.id === undefined ? undefined : parseId(frame.id)
    const log = at && truth.logOf(at.epoch)
    if (!at || !log)
      throw this.#broken('every frame has the id of a log that there is', JSON.stringify(frame))
    if (!log.isGone && at.position > log.head)
      throw this.#broken('no id is ahead of the log', `${frame.id}, head ${log.head}`)
    if (frame.event === CONTROL.open) this.#verifyOpen(at)
    else if (frame.event === CONTROL.gap) this.#verifyGap(at, JSON.parse(frame.data ?? '{}') as Gap, log)
    else if (frame.event === CONTROL.heartbeat) this.#verifyReached(at, at.position + 1, log)
    else this.#verifyEvent(at, frame, truth, log)
    this.#stand = at
  }

  #verifyOpen(at: Commit): void {
    const { from } = this.#beginning
    const isRight = this.#stand
      ? isSame(at, this.#stand)
      : from === 'now'
        ? at.position >= this.#headOf(at.epoch)
        : from === 'oldest'
          ? at.position === 0
          : from !== 'nowhere' && isSame(at, from)
    if (isRight) return
    const expected = this.#stand ?? from
    throw this.#broken(
      'a connection begins where it asked to, or a gap is said first',
      `at ${formatId(at)}, asked ${typeof expected === 'string' ? expected : formatId(expected)}`,
    )
  }

  #verifyGap(at: Commit, { reason, since }: Gap, log: ReferenceLog): void {
    const { from, isGenuine, epoch } = this.#beginning
    const before = this.#stand ?? (typeof from === 'string' ? undefined : from)
    if (reason === 'trimmed') {
      // A loop says no open: one from now on missed what came after the head there was.
      const start = before ?? { epoch: at.epoch, position: from === 'now' ? this.#headOf(at.epoch) : 0 }
      const isTrue =
        (before ?? from) !== 'nowhere' && start.epoch === at.epoch && start.position < log.oldest - 1
      const isExact = at.position > start.position && at.position < log.oldest
      const isNamed = since === undefined || since === formatId({ ...at, position: at.position + 1 })
      if (isTrue && isExact && isNamed) return
    } else if (reason === 'epoch') {
      // Of another log than the one it had, asked for, or found when it came.
      if (from === 'nowhere' && !this.#stand) return
      if ((before?.epoch ?? epoch) !== at.epoch) return
    } else if (!this.#stand && before?.epoch === at.epoch && before.position > this.#headOf(at.epoch)) {
      if (!isGenuine) return
    }
    throw this.#broken(
      'a gap is said only where something is missing, and goes on from the right place',
      `${reason} at ${formatId(at)} since ${since}, from ${before && formatId(before)}, oldest ${log.oldest}`,
    )
  }

  #verifyEvent(at: Commit, frame: Frame, truth: Truth, log: ReferenceLog): void {
    this.#verifyReached(at, at.position, log)
    const publication = truth.identify(frame.data)
    if (!publication) throw this.#broken('every event was published', JSON.stringify(frame))
    log.learn(at.position, publication) // throws when there is another in its place
    if (frame.event !== publication.event)
      throw this.#broken('an event keeps its name', JSON.stringify(frame))
    if (!this.channels.includes(publication.channel)) {
      throw this.#broken('nobody gets events of a channel it did not ask for', JSON.stringify(frame))
    }
  }

  /** Nothing in between may be missing. */
  #verifyReached(at: Commit, before: number, log: ReferenceLog): void {
    const stand = this.#stand ?? this.#begun(at)
    if (stand.epoch !== at.epoch) throw this.#broken('another log is said with a gap', formatId(at))
    if (before <= stand.position) {
      throw this.#broken('events come once and in order', `${formatId(at)} after ${formatId(stand)}`)
    }
    const missing = log.firstMissing(stand.position, before, this.channels)
    if (missing === undefined) return
    throw this.#broken(
      'nothing is left out in silence',
      `${formatId(at)} came without ${missing} of "${log.at(missing)?.channel}"`,
    )
  }

  /** Where a connection that said no open began: a loop. */
  #begun(first: Commit): Commit {
    const { from } = this.#beginning
    if (from === 'now') return { epoch: first.epoch, position: first.position - 1 }
    if (from === 'oldest') return { epoch: first.epoch, position: 0 }
    if (from !== 'nowhere') return from
    throw this.#broken('an id that is none is answered with a gap', formatId(first))
  }

  #verifyWhole(log: ReferenceLog): void {
    const { from } = this.#beginning
    if (!this.#stand) {
      if (from === 'now') this.#stand = { epoch: log.epoch, position: log.head }
      else if (from === 'oldest') this.#stand = { epoch: log.epoch, position: 0 }
      else if (from !== 'nowhere' && from.epoch === log.epoch && from.position <= log.head) this.#stand = from
      else throw this.#broken('an id that means nothing here is answered with a gap')
    }
    const stand = this.#stand
    if (stand.epoch !== log.epoch) throw this.#broken('a replaced log is told with a gap', formatId(stand))
    const missing = log.firstMissing(stand.position, log.head + 1, this.channels)
    if (missing === undefined) return
    throw this.#broken(
      'every retained event arrives, or a gap is said',
      `${missing} of "${log.at(missing)?.channel}" did not; it stands at ${formatId(stand)}`,
    )
  }

  /** The least that a log's head was when the connection was made. */
  #headOf(epoch: string): number {
    return epoch === this.#beginning.epoch ? this.#beginning.head : 0
  }

  #broken(promise: string, seen = ''): BrokenPromise {
    return new BrokenPromise(promise, `${this.name} of ${this.channels}${seen === '' ? '' : `: ${seen}`}`)
  }
}

function isSame(a: Commit, b: Commit): boolean {
  return a.epoch === b.epoch && a.position === b.position
}

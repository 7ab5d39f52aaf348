import type { Commit } from '../log/engine.ts'
import { parseId } from '../log/id.ts'
import type { Log } from '../log/log.ts'
import type { StartPosition } from '../log/log-cursor.ts'
import type { LogTail } from '../log/log-tail.ts'

export interface StartFrom {
  /** Id to resume after, as a client sent it. */
  readonly after: string | undefined
  /** Durable subscriber whose last commit to resume after, without an id. */
  readonly subscriber: string | undefined
  /** Where to start without either. */
  readonly from: 'oldest' | 'newest' | undefined
}

/**
 * Finds where a subscription starts: after its id; else after its subscriber's last commit; else where it asked for,
 * which is the oldest event for a subscriber and the head for others. Synchronous if the engine need not be asked.
 */
export function startPosition(log: Log, start: StartFrom): StartPosition | Promise<StartPosition> {
  const { after, subscriber, from } = start
  const { tail } = log
  if (log.isOpen) {
    if (after !== undefined) {
      const commit = parseId(after)
      if (commit && isReached(tail, commit) && tail.ring.reaches(commit.position)) return startAfter(commit)
    } else if (subscriber === undefined && from !== 'oldest') return startAtHead(tail)
  }
  return lookUp(log, start)
}

async function lookUp(log: Log, { after, subscriber, from }: StartFrom): Promise<StartPosition> {
  await log.open()
  if (after !== undefined) return resume(log, parseId(after))
  const commit = subscriber === undefined ? undefined : await log.readCommit(subscriber)
  if (commit) return resume(log, commit)
  const isOldest = from === 'oldest' || (from === undefined && subscriber !== undefined)
  if (!isOldest) return startAtHead(log.tail)
  // Nothing is missing for a newcomer, however much was trimmed before it came.
  const { epoch, oldest } = await log.readState()
  if (epoch !== log.tail.epoch || oldest > log.tail.head + 1) await log.refresh()
  return { epoch, position: oldest - 1, gap: undefined }
}

async function resume(log: Log, commit: Commit | undefined): Promise<StartPosition> {
  const { tail } = log
  if (!commit) return startAtHead(tail, 'epoch')
  // Another process may have seen more than this one has yet.
  if (!isReached(tail, commit)) await log.refresh()
  if (commit.epoch !== tail.epoch) return startAtHead(tail, 'epoch')
  if (commit.position > tail.head) return startAtHead(tail, 'ahead')
  if (tail.ring.reaches(commit.position)) return startAfter(commit)
  // Whether history is missing must be known before anything is sent. If the engine cannot tell, the read that follows
  // reports the error and is repeated.
  const state = await log.readState().catch(() => undefined)
  if (state && state.epoch !== commit.epoch) {
    await log.refresh()
    return startAtHead(tail, 'epoch')
  }
  if (!state || commit.position >= state.oldest - 1) return startAfter(commit)
  return { epoch: commit.epoch, position: Math.min(state.oldest - 1, tail.head), gap: 'trimmed' }
}

function isReached(tail: LogTail, { epoch, position }: Commit): boolean {
  return epoch === tail.epoch && position <= tail.head
}

function startAfter({ epoch, position }: Commit): StartPosition {
  return { epoch, position, gap: undefined }
}

function startAtHead({ epoch, head }: LogTail, gap?: StartPosition['gap']): StartPosition {
  return { epoch, position: head, gap }
}

import type { Commit, Engine } from '../log/engine.ts'
import { parseId } from '../log/id.ts'
import type { Log } from '../log/log.ts'
import type { StartPosition } from '../log/log-cursor.ts'
import type { LogTail } from '../log/log-tail.ts'

export interface StartFrom {
  /** Id to resume after, as a client sent it. */
  readonly after: string | undefined
  /** Durable subscriber whose last commit to resume after, without an id. */
  readonly subscriber: string | undefined
}

/**
 * Finds where a subscription starts: after its id; else after its subscriber's last commit, or at the oldest event
 * without a commit; else at the head. Synchronous if the engine need not be asked.
 */
export function startPosition(
  log: Log,
  engine: Engine,
  { after, subscriber }: StartFrom,
): StartPosition | Promise<StartPosition> {
  const { tail } = log
  if (log.isOpen) {
    if (after !== undefined) {
      const commit = parseId(after)
      if (commit && isReached(tail, commit) && tail.ring.reaches(commit.position)) return startAfter(commit)
    } else if (subscriber === undefined) return startAtHead(tail)
  }
  return lookUp(log, engine, after, subscriber)
}

async function lookUp(log: Log, engine: Engine, after?: string, subscriber?: string): Promise<StartPosition> {
  await log.open()
  if (after !== undefined) return resume(log, parseId(after))
  if (subscriber === undefined) return startAtHead(log.tail)
  const commit = (await engine.committed([subscriber])).get(subscriber)
  if (commit) return resume(log, commit)
  // Nothing is missing for a subscriber without a commit, however much was trimmed before it came.
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

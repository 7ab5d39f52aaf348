import type { Commit, Engine } from '../log/engine.ts'
import { parseId } from '../log/id.ts'
import type { Log } from '../log/log.ts'
import type { Place } from './cursor.ts'

export interface StartFrom {
  /** The id after which to begin, as a client sent it. */
  readonly after: string | undefined
  /** Whose last commit to begin after, without an id. */
  readonly subscriber: string | undefined
}

/**
 * Finds where a subscription begins: after its id; else after its subscriber's last commit, or with the oldest
 * event for one who never committed; else now. In the same turn where nothing has to be asked.
 */
export function startPosition(
  log: Log,
  engine: Engine,
  { after, subscriber }: StartFrom,
): Place | Promise<Place> {
  if (log.isOpen) {
    if (after !== undefined) {
      const commit = parseId(after)
      if (commit && isReached(log, commit)) return { ...commit, gap: undefined }
    } else if (subscriber === undefined) return now(log)
  }
  return look(log, engine, after, subscriber)
}

async function look(log: Log, engine: Engine, after?: string, subscriber?: string): Promise<Place> {
  await log.open()
  if (after === undefined && subscriber === undefined) return now(log)
  const commit = after === undefined ? await engine.committed(subscriber as string) : parseId(after)
  if (after === undefined && !commit) return { epoch: log.epoch, position: 0, gap: undefined }
  if (!commit) return now(log, 'epoch')
  // Another process may have seen more than this one has yet.
  if (!isReached(log, commit)) await log.refresh()
  if (commit.epoch !== log.epoch) return now(log, 'epoch')
  if (commit.position > log.head) return now(log, 'ahead')
  return { ...commit, gap: undefined }
}

function isReached(log: Log, { epoch, position }: Commit): boolean {
  return epoch === log.epoch && position <= log.head
}

function now({ epoch, head }: Log, gap?: Place['gap']): Place {
  return { epoch, position: head, gap }
}

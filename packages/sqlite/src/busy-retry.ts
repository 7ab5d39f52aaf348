import { setTimeout as wait } from 'node:timers/promises'
import { isBusy } from './errors.ts'

const FIRST_WAIT_MS = 1
const LONGEST_WAIT_MS = 50

/**
 * Calls `attempt` until no other connection holds a lock, for `timeoutMs` at most. SQLite's own busy timeout would stop
 * the event loop, and with it an app that holds the lock in this very process.
 */
export async function retryWhileBusy<Result>(attempt: () => Result, timeoutMs: number): Promise<Result> {
  const startedAt = performance.now()
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return attempt()
    } catch (error) {
      const leftMs = timeoutMs - (performance.now() - startedAt)
      if (!isBusy(error) || leftMs <= 0) throw error
      // Half of it is random, so that processes that collided do not collide again.
      await wait(Math.min(leftMs, waitMs * (0.5 + Math.random() / 2)))
    }
  }
}

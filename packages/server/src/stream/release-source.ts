import { SseError } from '@sse/contract'
import { isThenable } from '../timing/is-thenable.ts'
import { unref } from '../timing/periodic.ts'
import type { ConnectionHandle } from './connection-handle.ts'
import type { EventIterator } from './source.ts'

/** How long a source may stay parked after its connection closed before it is reported, in milliseconds. */
const PARKED_WARNING_MS = 10_000

/**
 * Asks a source to finish, without waiting for it: `return()` queues behind a `next()` that may never settle.
 * Reports what its cleanup throws, and `source_parked` when it has not finished after 10 s.
 *
 * @param since - what happened before it was asked, for the message.
 */
export function releaseSource(
  iterator: EventIterator,
  handle: Pick<ConnectionHandle, 'path' | 'report'>,
  since = 'its client left',
): void {
  let returned: unknown
  try {
    returned = iterator.return?.()
    if (!isThenable(returned)) return
  } catch (error) {
    return handle.report(error)
  }
  const timer = setTimeout(() => handle.report(parkedError(handle.path, since)), PARKED_WARNING_MS)
  unref(timer)
  returned.then(
    () => clearTimeout(timer),
    (error) => {
      clearTimeout(timer)
      handle.report(error)
    },
  )
}

function parkedError(path: string, since: string): SseError {
  return new SseError(
    'source_parked',
    `The source of ${path} is still waiting ${PARKED_WARNING_MS / 1000} s after ${since}; pass the context's signal to what it awaits`,
  )
}

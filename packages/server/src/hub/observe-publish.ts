import { isObserved, type ObservedPublish, report } from '../diagnostics.ts'
import type { NewEntry } from '../log/engine.ts'
import { isThenable } from '../timing/is-thenable.ts'

/**
 * Stores an entry, and tells diagnostics before and after. Without a subscriber it only calls `store`.
 *
 * @param store - may throw, return what is not a promise, or return one: so does this.
 */
export function observePublish<Stored>(
  path: string,
  entry: NewEntry,
  store: (entry: NewEntry) => Stored,
): Stored {
  if (!isObserved('sse.publish')) return store(entry)
  const publish: ObservedPublish = { path, event: entry.event, traceparent: undefined }
  report('sse.publish', publish)
  const done = (id: unknown) =>
    report('sse.published', typeof id === 'string' ? { publish, id } : { publish })
  const failed = (error: unknown) => report('sse.published', { publish, error })
  try {
    const stored = store({ ...entry, traceparent: publish.traceparent })
    if (isThenable(stored)) stored.then(done, failed)
    else done(undefined)
    return stored
  } catch (error) {
    failed(error)
    throw error
  }
}

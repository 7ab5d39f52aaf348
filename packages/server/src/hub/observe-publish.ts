import { isObserved, type ObservedPublish, report } from '../diagnostics.ts'
import type { NewEntry } from '../log/engine.ts'
import { isThenable } from '../timing/is-thenable.ts'

/** Engines keep no longer one. W3C Trace Context has 55 characters. */
const MAX_TRACEPARENT_CHARS = 64

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
  const { publish, observed } = announce(path, entry)
  const done = (id: unknown) =>
    report('sse.published', typeof id === 'string' ? { publish, id } : { publish })
  const failed = (error: unknown) => report('sse.published', { publish, error })
  try {
    const stored = store(observed)
    if (isThenable(stored)) stored.then(done, failed)
    else done(undefined)
    return stored
  } catch (error) {
    failed(error)
    throw error
  }
}

/** The same for entries that are stored together. */
export function observePublishes(
  path: string,
  entries: readonly NewEntry[],
  store: (entries: readonly NewEntry[]) => Promise<string[]>,
): Promise<string[]> {
  if (!isObserved('sse.publish')) return store(entries)
  const announced = entries.map((entry) => announce(path, entry))
  const stored = store(announced.map(({ observed }) => observed))
  stored.then(
    (ids) => {
      for (const [index, { publish }] of announced.entries()) {
        report('sse.published', { publish, id: ids[index] as string })
      }
    },
    (error) => {
      for (const { publish } of announced) report('sse.published', { publish, error })
    },
  )
  return stored
}

function announce(path: string, entry: NewEntry): { publish: ObservedPublish; observed: NewEntry } {
  const publish: ObservedPublish = { path, event: entry.event, traceparent: undefined }
  report('sse.publish', publish)
  return { publish, observed: { ...entry, traceparent: checkTraceparent(publish.traceparent) } }
}

/** A subscriber may have set anything: it must not fail the append, and with it the events of others. */
function checkTraceparent(given: unknown): string | undefined {
  return typeof given === 'string' && given.length <= MAX_TRACEPARENT_CHARS ? given : undefined
}

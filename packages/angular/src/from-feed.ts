import { DestroyRef, Injector, inject, runInInjectionContext, untracked } from '@angular/core'
import type { Feed, FeedStatus, ListenableName, ListenablePayload, RecentEvent } from '@sse/client/hooks'
import { Observable, type Subscriber } from 'rxjs'
import { access, injectZone, type MaybeSignal, type RunInZone, whileAlive } from './while-alive.ts'

/**
 * Returns an Observable of the events of that name, or of `gap`. Unsubscribing stops listening.
 *
 * - For a feed of `connect`, it completes when the feed closes: the run or stream has ended, or your app closed it.
 * - For a signal of `injectStream`, it follows the signal's current feed, and completes when the component or service
 *   is destroyed. It has to be created in an injection context. On a server it emits nothing.
 *
 * Emits in Angular's zone, or in the one that `connect` was called in.
 *
 * @throws {SseError} to the subscriber, when the feed gives up.
 * @returns an Observable of `{ payload, id, event }` of each event.
 * @example
 * fromFeed(feed, 'lead').pipe(map(({ payload }) => payload.title), debounceTime(100)).subscribe(show)
 */
export function fromFeed<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeSignal<Feed<Payloads>>,
  name: Name,
): Observable<RecentEvent<ListenablePayload<Payloads, Name>>> {
  if (typeof feed !== 'function') {
    return new Observable((subscriber) =>
      listen(feed, name, subscriber, { run: (task) => task(), end: () => subscriber.complete() }),
    )
  }
  const [injector, run] = [inject(Injector), injectZone()]
  let isDestroyed = false
  inject(DestroyRef).onDestroy(() => {
    isDestroyed = true
  })
  return new Observable((subscriber) => {
    if (isDestroyed) return subscriber.complete()
    return untracked(() =>
      runInInjectionContext(injector, () => {
        const following = whileAlive(
          () => access(feed),
          (current) => listen(current, name, subscriber, { run, end: () => {} }),
        )
        const forget = inject(DestroyRef).onDestroy(() => subscriber.complete())
        return () => {
          forget()
          following?.destroy()
        }
      }),
    )
  })
}

function listen<Payloads, Name extends ListenableName<Payloads>>(
  feed: Feed<Payloads>,
  name: Name,
  subscriber: Subscriber<RecentEvent<ListenablePayload<Payloads, Name>>>,
  { run, end }: { run: RunInZone; end: () => void },
): () => void {
  const onStatus = (status: FeedStatus) => {
    if (status.state !== 'closed') return
    run(() => (status.reason === 'error' ? subscriber.error(status.error) : end()))
  }
  onStatus(feed.status)
  if (subscriber.closed) return () => {}
  const stops = [
    feed.on(name, (payload, { event, id }) => run(() => subscriber.next({ event, id, payload }))),
    feed.onStatus(onStatus),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

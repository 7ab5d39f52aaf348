import type { Signal } from '@angular/core'
import { CONNECTING, type FeedStatus, type StatusSource, statusStore } from '@sse/client/hooks'
import { injectStore } from './inject-store.ts'
import { access, type MaybeSignal } from './while-alive.ts'

/**
 * Returns the status of a feed, as a signal. It is `connecting` on a server, and until the first change detection.
 *
 * @example
 * readonly status = injectStreamStatus(feed)
 */
export function injectStreamStatus(feed: MaybeSignal<StatusSource>): Signal<FeedStatus> {
  return injectStore(() => access(feed), statusStore, CONNECTING)
}

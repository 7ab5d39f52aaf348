/** What becomes of the page, as far as a connection cares. */
export interface PageChanges {
  /** It goes into the back-forward cache, is frozen, or leaves: what is open would die unseen. */
  onFreeze: () => void
  /** It is back: out of the cache, thawed, or its tab in front. */
  onWake: () => void
  /** The network is back: connections from before seldom are. */
  onOnline: () => void
}

/**
 * Watches the page, or the worker, this runs in; where there is neither (Node), nothing ever changes.
 *
 * @returns a function that stops it.
 * @see https://wicg.github.io/page-lifecycle/
 */
export function watchPage({ onFreeze, onWake, onOnline }: PageChanges): () => void {
  const { document } = globalThis as { document?: Document }
  const stop = new AbortController()
  const watch = (target: EventTarget | undefined, types: string, listener: () => void) => {
    for (const type of types.split(' ')) target?.addEventListener?.(type, listener, { signal: stop.signal })
  }
  watch(globalThis as unknown as EventTarget, 'pagehide', onFreeze)
  watch(globalThis as unknown as EventTarget, 'pageshow', onWake)
  watch(globalThis as unknown as EventTarget, 'online', onOnline)
  watch(document, 'freeze', onFreeze)
  watch(document, 'resume', onWake)
  watch(document, 'visibilitychange', () => document?.visibilityState === 'visible' && onWake())
  return () => stop.abort()
}

/** Whether there certainly is no network; where nobody knows, there may be one. */
export function isOffline(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false
}

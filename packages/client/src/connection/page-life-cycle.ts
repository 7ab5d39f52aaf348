/** What can happen to the page. */
export interface PageChanges {
  /** The page enters the back-forward cache, is frozen or unloaded: an open connection would die unnoticed. */
  onFreeze(): void
  /** The page left the cache, was resumed, or its tab came to the front. */
  onWake(): void
  /** The network is back. Connections from before rarely survive. */
  onOnline(): void
}

/**
 * Watches the page, or the worker, that runs this code. Where there is neither (Node), nothing is ever reported.
 *
 * @returns a function that stops watching.
 * @see https://wicg.github.io/page-lifecycle/
 */
export function watchPage(changes: PageChanges): () => void {
  const page = globalThis as unknown as Partial<EventTarget> & { document?: Document }
  const { document } = page
  const freeze = () => changes.onFreeze()
  const wake = () => changes.onWake()
  const show = () => document?.visibilityState === 'visible' && wake()
  const online = () => changes.onOnline()
  // Not `{ signal }`: in jsdom, an `AbortSignal` of the other realm makes `addEventListener` throw.
  const forEach = (method: 'addEventListener' | 'removeEventListener'): void => {
    page[method]?.('pagehide', freeze)
    page[method]?.('pageshow', wake)
    page[method]?.('online', online)
    document?.[method]('freeze', freeze)
    document?.[method]('resume', wake)
    document?.[method]('visibilitychange', show)
  }
  forEach('addEventListener')
  return () => forEach('removeEventListener')
}

/** Returns whether there certainly is no network; `false` where the platform does not tell. */
export function isOffline(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false
}

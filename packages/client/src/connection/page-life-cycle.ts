/** Listeners for what happens to the page or worker. */
export interface PageChanges {
  /** The page enters the back-forward cache, is frozen or unloaded: an open connection would die unnoticed. */
  onFreeze: () => void
  /** The page left the cache, was resumed, or its tab came to the front. */
  onWake: () => void
  /** The network is back. Connections from before rarely survive. */
  onOnline: () => void
}

/**
 * Watches the page, or the worker, that runs this code. Where there is neither (Node), no listener is called.
 *
 * @returns a function that stops watching.
 * @see https://wicg.github.io/page-lifecycle/
 */
export function watchPage({ onFreeze, onWake, onOnline }: PageChanges): () => void {
  const page = globalThis as unknown as Partial<EventTarget> & { document?: Document }
  const { document } = page
  const onVisibility = () => document?.visibilityState === 'visible' && onWake()
  // Not `{ signal }`: in jsdom, an `AbortSignal` of the other realm makes `addEventListener` throw.
  const watched: [target: Partial<EventTarget> | undefined, type: string, listener: () => void][] = [
    [page, 'pagehide', onFreeze],
    [page, 'pageshow', onWake],
    [page, 'online', onOnline],
    [document, 'freeze', onFreeze],
    [document, 'resume', onWake],
    [document, 'visibilitychange', onVisibility],
  ]
  for (const [target, type, listener] of watched) target?.addEventListener?.(type, listener)
  return () => {
    for (const [target, type, listener] of watched) target?.removeEventListener?.(type, listener)
  }
}

/** Returns whether there certainly is no network; `false` where the platform does not tell. */
export function isOffline(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false
}

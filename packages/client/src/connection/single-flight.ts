/** The part of the Web Locks API used here. Browsers, workers and Node 24 have it. */
interface Locks {
  request<Result>(
    name: string,
    options: { ifAvailable: boolean },
    run: (lock: unknown) => Result,
  ): Promise<Result>
}

/**
 * Returns a function that runs `run` once for concurrent calls, across the feeds of a page and the tabs of a browser:
 * a call made while another is in flight, here or in another tab, waits for that one. For a `refresh` whose token all
 * tabs read from the same place (a cookie, `localStorage`).
 *
 * Without Web Locks (insecure context, old browser), calls are shared within the page only.
 *
 * @param name - identifies the token, not the stream; must be the same in all tabs.
 */
export function singleFlight(name: string, run: () => unknown): () => Promise<unknown> {
  let flight: Promise<unknown> | undefined
  return () => {
    flight ??= runLocked(`sse:flight:${name}`, run).finally(() => {
      flight = undefined
    })
    return flight
  }
}

async function runLocked(name: string, run: () => unknown): Promise<void> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
  if (!locks) {
    await run()
    return
  }
  const hasRun = await locks.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return false
    await run()
    return true
  })
  // Another tab holds the lock: its call is complete when the lock is free.
  if (!hasRun) await locks.request(name, { ifAvailable: false }, () => {})
}

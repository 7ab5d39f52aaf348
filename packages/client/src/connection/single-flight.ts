/** What `single-flight` needs of the browser's locks; Node 24 and workers have them too. */
interface Locks {
  request<Result>(
    name: string,
    options: { ifAvailable: boolean },
    run: (lock: unknown) => Result,
  ): Promise<Result>
}

/**
 * Makes many calls one, over the feeds of a page and the tabs of a browser: who calls while one is under way,
 * here or in another tab, waits for that one. For a `refresh` whose token all tabs read from the same place (a
 * cookie, `localStorage`).
 *
 * Where there are no Web Locks (no secure context, an old browser), each page has its own.
 *
 * @param name - the same in all tabs: of the token, not of the stream.
 */
export function singleFlight(name: string, run: () => unknown): () => Promise<unknown> {
  let flight: Promise<unknown> | undefined
  return () => {
    flight ??= fly(`sse:flight:${name}`, run).finally(() => {
      flight = undefined
    })
    return flight
  }
}

async function fly(name: string, run: () => unknown): Promise<void> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
  if (!locks) {
    await run()
    return
  }
  const isMine = await locks.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return false
    await run()
    return true
  })
  // Another tab's is under way: over when its lock is free.
  if (!isMine) await locks.request(name, { ifAvailable: false }, () => {})
}

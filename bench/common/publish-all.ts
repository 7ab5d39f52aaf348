/** What a turn of the event loop publishes. */
const BATCH = 1000

/** Publishes events 0 to `events - 1`, and gives their ids. */
export async function publishAll(
  events: number,
  publish: (index: number) => Promise<string>,
): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < events) {
    const length = Math.min(BATCH, events - ids.length)
    ids.push(...(await Promise.all(Array.from({ length }, (_, index) => publish(ids.length + index)))))
  }
  return ids
}

import { deepStrictEqual, ok } from 'node:assert/strict'

/** What this needs of a hub of numbers: of an event named `number` with any payload. */
interface NumbersHub {
  publish(channel: string, event: 'number', payload: unknown): Promise<string>
  subscribe(channel: string, options: { after: string }): AsyncIterable<{ event: string; payload?: unknown }>
  stats(): { skipped: number }
}

export interface ReadAmongForeignOptions<Foreign> {
  /** Opens another hub on the same log, as another process would. */
  readonly openHub: (ring?: { maxEvents: number }) => NumbersHub
  /** Prepares a writer to the log past the hub. Called once the log exists. */
  readonly openWriter: () => Promise<(entry: Foreign) => Promise<unknown>>
  readonly entries: readonly Foreign[]
  /** An entry on the channel `a` that is stored and is not an event. Default: none is certain to be stored. */
  readonly noEvent?: Foreign
}

const own = (n: number) => `own ${n}`

/**
 * Publishes on the channel `a` among entries of another program, and expects that every other event is delivered in order,
 * live, after a restart and from behind the ring, and that both hubs count the same entries as skipped.
 *
 * @throws {AssertionError}
 */
export async function readAmongForeign<Foreign>(options: ReadAmongForeignOptions<Foreign>): Promise<void> {
  const { openHub, openWriter, entries, noEvent } = options
  const count = entries.length + 2
  const publisher = openHub()
  const from = await publisher.publish('a', 'number', own(0))
  const write = await openWriter()
  /** Reads up to the last own event. */
  const readAll = async (hub: NumbersHub) => {
    const seen: unknown[] = []
    for await (const { event, payload } of hub.subscribe('a', { after: from })) {
      ok(event !== 'gap', 'there is no gap')
      seen.push(payload)
      if (payload === own(count)) break
    }
    return seen
  }
  const follower = openHub()
  const live = readAll(follower)
  if (noEvent !== undefined) await write(noEvent)
  for (const [index, entry] of entries.entries()) {
    await publisher.publish('a', 'number', own(index + 1))
    await write(entry)
  }
  for (const n of [count - 1, count]) await publisher.publish('a', 'number', own(n))
  const seen = await live
  const owned = seen.filter((payload) => String(payload).startsWith('own '))
  deepStrictEqual(
    owned,
    Array.from({ length: count }, (_, n) => own(n + 1)),
  )
  const restarted = openHub()
  deepStrictEqual(await readAll(restarted), seen)
  deepStrictEqual(await readAll(openHub({ maxEvents: 1 })), seen)
  if (noEvent !== undefined) ok(follower.stats().skipped > 0)
  deepStrictEqual(restarted.stats().skipped, follower.stats().skipped)
}

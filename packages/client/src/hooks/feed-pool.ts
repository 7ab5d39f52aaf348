import type { Connect } from '../feed/connect.ts'
import type { FeedPayloads } from '../feed/feed.ts'
import { ConnectionPool } from './connection-pool.ts'
import { PooledFeed } from './pooled-feed.ts'
import { streamRequest } from './stream-request.ts'
import type { StreamTarget, UseStreamArguments, UseStreamOptions } from './use-stream-options.ts'

const pools = new WeakMap<Connect, FeedPool>()

/**
 * Returns the pool of feeds that `connect` opens. It is the same pool for the same function, so that components of
 * several frameworks, and code outside of components, use the same connections.
 *
 * @example
 * const feed = feedPool(connect).feed(leads, { params: { owner: '42' } })
 * const stop = feed.on('lead', show) // connects, unless a component follows the same stream
 */
export function feedPool(connect: Connect): FeedPool {
  const known = pools.get(connect)
  if (known) return known
  const pool = new FeedPool(new ConnectionPool(connect))
  pools.set(connect, pool)
  return pool
}

/** Feeds of the components of a page. Those with equal requests use one connection. */
export class FeedPool {
  readonly #connections: ConnectionPool

  /** @internal */
  constructor(connections: ConnectionPool) {
    this.#connections = connections
  }

  /** Returns a feed that connects when it is first used, and closes one second after its last use. */
  feed<const Target extends StreamTarget>(
    target: Target,
    ...[options]: UseStreamArguments<Target>
  ): PooledFeed<FeedPayloads<Target>> {
    return this.next(undefined, target, options)
  }

  /**
   * Returns the feed for a component's newest options: `known`, with their functions taken over by `update`, or a
   * new feed if they make another request.
   */
  next<Payloads>(
    known: PooledFeed<Payloads> | undefined,
    target: StreamTarget,
    options: UseStreamOptions = {},
  ): PooledFeed<Payloads> {
    const request = streamRequest(target, options)
    return known?.accepts(request) ? known : new PooledFeed(this.#connections, request)
  }
}

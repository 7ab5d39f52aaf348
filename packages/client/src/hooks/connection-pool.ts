import type { Connect } from '../feed/connect.ts'
import { compareRequests } from './compare-requests.ts'
import { PooledConnection } from './pooled-connection.ts'
import type { StreamRequest } from './stream-request.ts'

/** How long an unused connection stays open, in milliseconds: a component that remounts within it reuses it. */
export const RELEASE_DELAY_MS = 1_000

/** Connections that are in use, or were until `RELEASE_DELAY_MS` ago. */
export class ConnectionPool {
  readonly #connect: Connect
  readonly #byKey = new Map<string, PooledConnection[]>()

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** Returns the connection that `join` would use, if there is one. */
  find(request: StreamRequest): PooledConnection | undefined {
    return this.#byKey.get(request.key)?.find((connection) => {
      if (connection.isSpent) return false
      const comparison = compareRequests(connection.request, request)
      return comparison === 'same' || (comparison === 'unknown' && request.options.shareKey !== undefined)
    })
  }

  /**
   * Adds a user to a connection for the request, and opens one if there is none.
   *
   * @throws {SseError} the same errors as `connect`.
   */
  join(user: object, request: StreamRequest): PooledConnection {
    const connection = this.find(request) ?? this.#open(request)
    clearTimeout(connection.timer)
    connection.users.add(user)
    return connection
  }

  /** Removes a user. The connection closes `delayMs` after its last user left; at once if it is of no further use. */
  leave(user: object, connection: PooledConnection, delayMs: number): void {
    connection.users.delete(user)
    if (connection.users.size > 0) return
    clearTimeout(connection.timer)
    if (connection.isSpent || delayMs === 0) this.#close(connection)
    else connection.timer = setTimeout(() => this.#close(connection), delayMs)
  }

  #open(request: StreamRequest): PooledConnection {
    const { key } = request
    const connection = new PooledConnection(this.#connect, request)
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), connection])
    return connection
  }

  #close(connection: PooledConnection): void {
    const { key } = connection.request
    const others = this.#byKey.get(key)?.filter((other) => other !== connection) ?? []
    if (others.length > 0) this.#byKey.set(key, others)
    else this.#byKey.delete(key)
    connection.feed.close()
  }
}

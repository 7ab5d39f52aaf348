/** How long a connection may be on its way in, `authorize` included, and still be reached by a revocation. */
const REMEMBERED_MS = 60_000

/** Identities whose access was revoked a short time ago. */
export class RecentRevocations {
  /** When each identity was revoked last, by `performance.now()`, in that order. */
  readonly #revokedAt = new Map<string, number>()

  add(identity: string): void {
    const now = performance.now()
    this.#revokedAt.delete(identity) // to the end of the order
    this.#revokedAt.set(identity, now)
    for (const [oldest, at] of this.#revokedAt) {
      if (at >= now - REMEMBERED_MS) break
      this.#revokedAt.delete(oldest)
    }
  }

  /** Returns whether an identity was revoked at or after a time. */
  has(identity: string, since: number): boolean {
    return (this.#revokedAt.get(identity) ?? Number.NEGATIVE_INFINITY) >= since
  }
}

import type { Engine, NewEntry, PresenceStore } from '@sse/server'

/**
 * Runs one SQL statement in the transaction that is open on a connection of the app's: `text` with `$1`, `$2` …, or
 * `strings`, the same text cut at its parameters, for drivers that have a template tag.
 */
export type RunSql = (
  text: string,
  params: (string | null)[],
  strings: TemplateStringsArray,
) => PromiseLike<unknown>

/** A hub's log in a database, and a way into it for the app's own transactions. */
export interface PostgresEngine extends Engine {
  readonly presence: PresenceStore
  /**
   * Stores an entry (`hub.entry(…)`) through the app's own connection, inside the transaction that is open on it: rows
   * and event are committed together, and a rollback leaves nothing. Without a transaction it is committed at once.
   *
   * An event gets its place in the hub's order after its commit: so there is no id yet. This process looks for it 5 ms
   * later, then at intervals that grow to 250 ms, and after 15 seconds as every process of the hub does: each second.
   * Nobody waits for a transaction that stays open.
   *
   * @param run with any driver or query builder, in the database of the engine:
   * `(text, params) => client.query(text, params)`.
   * @throws {SseError} `engine_unavailable`, `engine_failed`: when the engine cannot be opened. What `run` throws, as
   * it is.
   */
  insert(entry: NewEntry, run: RunSql): Promise<void>
}

import { SseError } from '@sse/server'
import type { NewEntry } from '@sse/server/engine-kit'
import type { Database } from './database.ts'

/**
 * Runs one SQL statement in the transaction that is open on a connection of the app: `text` with `$1`, `$2` …, or
 * `strings`, the same text cut at its parameters, for drivers that have a template tag.
 */
export type RunSql = (
  text: string,
  params: (string | null)[],
  strings: TemplateStringsArray,
) => PromiseLike<unknown>

/**
 * The app's connection with its open transaction: a client of `pg` (or another one with `query(text, params)`), a
 * transaction of `postgres` (postgres.js), or a function that runs SQL with any other driver or query builder.
 */
export type PostgresTx =
  | RunSql
  | { query(text: string, params: (string | null)[]): PromiseLike<unknown> }
  | { unsafe(text: string, params: (string | null)[]): PromiseLike<unknown> }

/** Adds an entry to the outbox. Rejects with what `tx` throws, unchanged. */
export async function insertEntry(
  database: Database,
  { channel, event, data, key, idempotencyKey, traceparent }: NewEntry,
  tx: PostgresTx,
): Promise<void> {
  const run = toRunSql(tx)
  await database.open('keep')
  const { name, statements } = database
  const params = [name, channel, event, data, key ?? null, idempotencyKey ?? null, traceparent ?? null]
  await run(statements.insert, params, statements.insertStrings)
}

function toRunSql(tx: PostgresTx): RunSql {
  // First: a transaction of postgres.js is a function too, its template tag.
  if (has(tx, 'unsafe')) return (text, params) => tx.unsafe(text, params)
  if (typeof tx === 'function') return tx
  if (has(tx, 'query')) return (text, params) => tx.query(text, params)
  throw new SseError(
    'option_invalid',
    'insert: pass a client of pg, a transaction of postgres.js, or a function (text, params, strings) that runs SQL',
  )
}

function has<Method extends 'query' | 'unsafe'>(
  tx: unknown,
  method: Method,
): tx is Record<Method, (text: string, params: (string | null)[]) => PromiseLike<unknown>> {
  return typeof (tx as Record<string, unknown> | null | undefined)?.[method] === 'function'
}

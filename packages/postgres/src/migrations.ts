import { failed } from '@sse/server/engine-kit'
import type { PostgresConnection } from './connection.ts'
import type { ErrorContext } from './errors.ts'
import { logFunctions } from './sql/log-functions.ts'
import { presenceFunctions, presenceTurn } from './sql/presence-functions.ts'
import { publishFunction } from './sql/publish-function.ts'
import { storeProcedure } from './sql/store-procedure.ts'
import { RELATIONS, tables } from './sql/tables.ts'

/** Versions up to this one had other tables, and were never released. */
const UNRELEASED = 4

/** Each runs once for a schema, in this order. A released migration never changes. */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (schema) =>
    tables(schema) +
    logFunctions(schema) +
    storeProcedure(schema) +
    presenceTurn(schema) +
    presenceFunctions(schema),
  publishFunction,
]
/** Version of the tables after all migrations. */
export const SCHEMA_VERSION: number = UNRELEASED + MIGRATIONS.length
const OWNER = '@sse/postgres'
/** Advisory lock for processes that migrate at once: any number that other programs do not use. */
const LOCK = 5_773_031

/** Quotes a name for SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Brings the schema up to date. Any number of processes may do so at once.
 *
 * @throws {SseError} `engine_failed` for tables of another program, or of a newer version.
 */
export async function migrate(connection: PostgresConnection, context: ErrorContext): Promise<void> {
  const schema = quoted(context.schema)
  const query: PostgresConnection['query'] = (text, values) => connection.query(text, values)
  if (await isMigrated(query, context)) return
  await connection.query('BEGIN ISOLATION LEVEL READ COMMITTED')
  await connection.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
  await connection.query('SET LOCAL standard_conforming_strings = on')
  const version = await readVersion(query, context) // another process may have been first
  const isThere = (await connection.query('SELECT to_regnamespace($1) IS NOT NULL', [schema]))[0]?.[0]
  // Not IF NOT EXISTS alone: that requires the right to create one.
  if (!isThere) await connection.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
  for (const migration of MIGRATIONS.slice(Math.max(0, version - UNRELEASED)))
    await connection.script(migration(schema))
  await connection.query(`DELETE FROM ${schema}.meta`)
  await connection.query(`INSERT INTO ${schema}.meta (owner, version) VALUES ($1, $2)`, [
    OWNER,
    SCHEMA_VERSION,
  ])
  await connection.query('COMMIT')
}

/**
 * Returns whether the schema has the tables of this version, and changes nothing.
 *
 * @throws {SseError} `engine_failed`, as `migrate`.
 */
export async function isMigrated(
  query: PostgresConnection['query'],
  context: ErrorContext,
): Promise<boolean> {
  return (await readVersion(query, context)) === SCHEMA_VERSION
}

/** Returns the version of the schema's tables; 0 without the engine's tables. */
async function readVersion(
  query: PostgresConnection['query'],
  { schema, where }: ErrorContext,
): Promise<number> {
  const there = await query(
    `SELECT c.relname::text, array_agg(a.attname::text) FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE n.nspname = $1 AND c.relname = ANY ($2) GROUP BY c.relname ORDER BY c.relname`,
    [schema, RELATIONS],
  )
  if (there.length === 0) return 0
  const names = there.map(([name]) => String(name))
  const meta = there.find(([name]) => name === 'meta')?.[1] as string[] | undefined
  if (meta?.includes('owner') && meta.includes('version')) {
    const rows = await query(`SELECT owner::text, version::integer FROM ${quoted(schema)}.meta`)
    const [owner, version] = rows[0] ?? []
    if (owner === OWNER && Number(version) > SCHEMA_VERSION) {
      throw failed(
        `Postgres at ${where} has a schema ${schema} written by a newer @sse/postgres ` +
          `(tables ${version}, known ${SCHEMA_VERSION}): upgrade this process`,
      )
    }
    if (owner === OWNER && Number(version) > UNRELEASED) return Number(version)
    if (owner === OWNER) {
      throw failed(
        `Postgres at ${where} has a schema ${schema} written by @sse/postgres before its first release ` +
          `(tables ${version}, known ${SCHEMA_VERSION}): drop it, or use another \`schema\``,
      )
    }
  }
  throw failed(
    `Postgres at ${where} has tables of another program in the schema ${schema} (${names.join(', ')}): ` +
      'use another `schema`, or rename them',
  )
}

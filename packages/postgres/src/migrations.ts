import { failed } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import type { Place } from './failure.ts'
import { logFunctions } from './sql/log-functions.ts'
import { presenceFunctions, presenceTurn } from './sql/presence-functions.ts'
import { RELATIONS, tables } from './sql/tables.ts'

/** Each runs once in a schema's life, in this order; a released one never changes. */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (schema) => tables(schema) + logFunctions(schema) + presenceTurn(schema) + presenceFunctions(schema),
]
/** What the tables are at once all of them have run. */
export const SCHEMA_VERSION: number = MIGRATIONS.length
const OWNER = '@sse/postgres'
/** Of the turn that processes take which start at once: any number that others do not use. */
const LOCK = 5_773_031

/** Quotes a name for SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Brings the schema up to date. Refuses tables that somebody else has made. Any number of processes may try at once. */
export async function migrate(connection: Connection, place: Place): Promise<void> {
  const schema = quoted(place.schema)
  if ((await schemaVersion(connection, place)) === SCHEMA_VERSION) return
  await connection.query('BEGIN ISOLATION LEVEL READ COMMITTED')
  await connection.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
  const version = await schemaVersion(connection, place) // somebody else may have been first
  const isThere = (await connection.query('SELECT to_regnamespace($1) IS NOT NULL', [schema]))[0]?.[0]
  // Not IF NOT EXISTS alone: that asks for the right to make one.
  if (!isThere) await connection.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
  for (const migration of MIGRATIONS.slice(version)) await connection.script(migration(schema))
  await connection.query(`DELETE FROM ${schema}.meta`)
  await connection.query(`INSERT INTO ${schema}.meta (owner, version) VALUES ($1, $2)`, [
    OWNER,
    SCHEMA_VERSION,
  ])
  await connection.query('COMMIT')
}

/** How many migrations the schema has seen; 0 for one without our tables. */
async function schemaVersion(connection: Connection, { schema, where }: Place): Promise<number> {
  const there = await connection.query(
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
    const rows = await connection.query(`SELECT owner::text, version::integer FROM ${quoted(schema)}.meta`)
    const [owner, version] = rows[0] ?? []
    if (owner === OWNER && Number(version) > MIGRATIONS.length) {
      throw failed(
        `Postgres at ${where} has a schema ${schema} that was written by a newer @sse/postgres ` +
          `(tables ${version}, known ${MIGRATIONS.length}): upgrade this one`,
      )
    }
    if (owner === OWNER && Number(version) > 0) return Number(version)
  }
  throw failed(
    `Postgres at ${where} has tables in the schema ${schema} that are not of @sse/postgres (${names.join(', ')}): ` +
      'use another `schema`, or rename them',
  )
}

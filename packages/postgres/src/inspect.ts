/**
 * Reads a log without opening it as an engine: for tools.
 *
 * @module
 */
import { failed, type LogInspector, type Page } from '@sse/server/engine-kit'
import { PostgresConnection, type Row } from './connection.ts'
import { isMissing, toSseError } from './errors.ts'
import { isMigrated, quoted } from './migrations.ts'
import { type PostgresOptions, parseOptions } from './options.ts'
import { toEntry } from './read.ts'
import { Statements } from './sql/statements.ts'

/**
 * Returns an inspector of a hub's log in Postgres. Uses one connection, which opens at first use, and read-only
 * transactions.
 *
 * @throws {SseError} `option_invalid`.
 */
export function inspectPostgres(options: PostgresOptions | string = {}): LogInspector {
  const settings = parseOptions(options)
  const { schema, name } = settings
  const tables = quoted(schema)
  const statements = new Statements(tables)
  let opening: Promise<PostgresConnection> | undefined

  async function query(text: string, values: readonly unknown[]): Promise<Row[]> {
    opening ??= PostgresConnection.open(settings)
    const connection = await opening.catch((error) => {
      opening = undefined
      throw error
    })
    const context = { where: connection.where, schema }
    try {
      return await connection.transaction(async (send) => {
        await send('SET TRANSACTION READ ONLY')
        if (!(await isMigrated(send, context))) throw noTables(connection.where)
        return send(text, [name, ...values])
      })
    } catch (error) {
      throw isMissing(error) ? noTables(connection.where) : toSseError(error, context)
    }
  }

  function noTables(where: string): Error {
    return failed(
      `Postgres at ${where} has no tables of @sse/postgres in the schema ${schema}: check \`schema\``,
    )
  }

  async function readPage(after: number, limit: number, maxBytes: number): Promise<Page> {
    const rows = await query(statements.read, [after, limit, maxBytes])
    const [epoch, head, trimmed, found] = (rows[0] ?? []) as string[]
    if (epoch === undefined) {
      throw failed(
        `The schema ${schema} of Postgres has no hub named ${JSON.stringify(name)}: check \`name\``,
      )
    }
    const entries = rows.filter((row) => row[4] !== null).map(toEntry)
    const isCut = entries.length < Number(found) || entries.length >= limit
    const reached = isCut ? (entries.at(-1)?.position ?? after) : Math.max(after, Number(head))
    return { epoch, head: Number(head), oldest: Number(trimmed) + 1, entries, reached }
  }

  async function list(select: string, order: string, limit: number): Promise<{ rows: Row[]; total: number }> {
    const text = `SELECT *, count(*) OVER () FROM (${select}) listed ORDER BY ${order} LIMIT $2`
    const rows = await query(text, [limit])
    return { rows, total: Number(rows[0]?.at(-1) ?? 0) }
  }

  return {
    read: (after, { limit, maxBytes }) => readPage(after, limit, maxBytes),
    async commits(limit) {
      const { rows, total } = await list(
        `SELECT c.subscriber, c.epoch, c.position, c.at FROM ${tables}.commits c
         JOIN ${tables}.logs l ON l.id = c.log WHERE l.name = $1`,
        'at DESC',
        limit,
      )
      const items = rows.map(([subscriber, epoch, position]) => ({
        subscriber: String(subscriber),
        epoch: String(epoch),
        position: Number(position),
      }))
      return { items, total }
    },
    async members(limit) {
      const { rows, total } = await list(
        `SELECT DISTINCT m.channel, m.identity FROM ${tables}.members m
         JOIN ${tables}.logs l ON l.id = m.log JOIN ${tables}.processes p ON p.log = m.log AND p.process = m.process
         WHERE l.name = $1 AND p.expires_at > clock_timestamp()`,
        'channel, identity',
        limit,
      )
      return {
        items: rows.map(([channel, identity]) => ({ channel: String(channel), identity: String(identity) })),
        total,
      }
    },
    async close() {
      const connection = await opening?.catch(() => undefined)
      connection?.destroy()
    },
  }
}

import { MAX_AT, MAX_DATA_BYTES } from './tables.ts'

/** The engine's SQL statements, for the quoted name of a schema. The first parameter is the hub's name. */
export class Statements {
  /** Returns the timeline if the tables are of this version and the hub's row exists. */
  readonly state: string
  readonly addLog: string
  readonly append: string
  readonly store: string
  readonly place: string
  readonly renew: string
  readonly trim: string
  readonly read: string
  readonly readChannels: string
  readonly commit: string
  readonly committed: string
  readonly forget: string
  readonly trimCommits: string
  readonly enter: string
  readonly leave: string
  readonly touch: string
  readonly present: string
  /** The statement that runs in the app's transaction, cut at its seven parameters. */
  readonly insertStrings: TemplateStringsArray
  readonly insert: string

  constructor(schema: string) {
    this.state = `
      SELECT ${schema}.timeline() FROM ${schema}.meta m, ${schema}.logs l
      WHERE l.name = $1 AND m.version = $2 AND m.owner = '@sse/postgres'`
    this.addLog = `
      INSERT INTO ${schema}.logs (name, epoch) SELECT $1, ${schema}.new_epoch()
      WHERE NOT EXISTS (SELECT FROM ${schema}.logs WHERE name = $1) ON CONFLICT DO NOTHING`
    this.append = `SELECT log_epoch, positions::text[] FROM ${schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, false)`
    this.store = `CALL ${schema}.store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, NULL)`
    this.place = `SELECT taken, has_more, rejected, reason FROM ${schema}.place($1)`
    this.renew = `SELECT ${schema}.renew($1, $2, $3)`
    this.trim = `SELECT ${schema}.trim($1, $2, $3)`
    const state = `
      WITH state AS MATERIALIZED (
        SELECT id, epoch || ${schema}.timeline() AS epoch, head, trimmed FROM ${schema}.logs WHERE name = $1
      )
      SELECT state.epoch, state.head, state.trimmed, e.found, e.position, e.at, e.channel, e.event, e.data, e.key,
        e.traceparent
      FROM state`
    // Up to the entry that reaches the maximum of bytes. The size of a large value is known without reading it.
    const page = (found: string) => `
      LEFT JOIN LATERAL (
        SELECT *, count(*) OVER () AS found,
          sum(octet_length(data)) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM (${found}) found
      ) e ON coalesce(e.before, 0) < $4 ORDER BY e.position`
    // Another program may have written anything: a hub skips an entry without a name, or without data.
    const columns = `e.position, CASE WHEN e.at BETWEEN 0 AND ${MAX_AT} THEN e.at ELSE 0 END AS at,
      ${ifShort('channel', 1_024)}, ${ifShort('event', 4_096)}, ${ifShort('data', MAX_DATA_BYTES)}, ${ifShort('key', 1_024)},
      ${ifShort('traceparent', 64)}`
    const after =
      'e.log = state.id AND e.position > greatest($2::bigint, state.trimmed) AND e.position <= state.head'
    const all = `SELECT ${columns} FROM ${schema}.entries e WHERE ${after} ORDER BY e.position LIMIT $3`
    this.read = state + page(all)
    // Each channel separately, by its index: the cost depends on these channels alone.
    const ofChannels = `
      SELECT own.* FROM unnest($5::text[]) AS asked (channel) CROSS JOIN LATERAL (
        SELECT ${columns} FROM ${schema}.entries e WHERE ${after} AND e.channel = asked.channel
        ORDER BY e.position LIMIT $3
      ) own ORDER BY own.position LIMIT $3`
    this.readChannels = state + page(ofChannels)
    this.commit = `
      INSERT INTO ${schema}.commits AS c (log, subscriber, epoch, position)
      SELECT l.id, pending.subscriber, pending.epoch, pending.position FROM ${schema}.logs l,
        unnest($2::text[], $3::text[], $4::bigint[]) AS pending (subscriber, epoch, position)
      WHERE l.name = $1
      ON CONFLICT (log, subscriber) DO UPDATE SET at = clock_timestamp(), epoch = excluded.epoch, position =
        CASE WHEN c.epoch = excluded.epoch THEN greatest(c.position, excluded.position) ELSE excluded.position END`
    this.committed = `
      SELECT c.subscriber, c.epoch, c.position FROM ${schema}.commits c JOIN ${schema}.logs l ON l.id = c.log
      WHERE l.name = $1 AND c.subscriber = ANY ($2::text[])`
    this.forget = `
      DELETE FROM ${schema}.commits c USING ${schema}.logs l
      WHERE l.name = $1 AND c.log = l.id AND c.subscriber = $2`
    this.trimCommits = `
      WITH old AS (
        SELECT c.log, c.subscriber FROM ${schema}.commits c JOIN ${schema}.logs l ON l.id = c.log
        WHERE l.name = $1 AND c.at < clock_timestamp() - $2::double precision * interval '1 millisecond'
        LIMIT $3 FOR UPDATE OF c SKIP LOCKED
      ), gone AS (
        DELETE FROM ${schema}.commits c USING old WHERE c.log = old.log AND c.subscriber = old.subscriber RETURNING 1
      ) SELECT count(*) FROM gone`
    this.enter = `SELECT ${schema}.enter($1, $2, $3, $4, $5)`
    this.leave = `SELECT ${schema}.leave($1, $2, $3, $4)`
    this.touch = `SELECT ${schema}.touch($1, $2, $3)`
    this.present = `SELECT ${schema}.present($1, $2)`
    this.insertStrings = template([
      `INSERT INTO ${schema}.outbox (log, channel, event, data, key, idempotency_key, traceparent) VALUES (${schema}.log_id(`,
      '::text), ',
      '::text, ',
      '::text, ',
      '::text, ',
      '::text, ',
      '::text, ',
      '::text)',
    ])
    this.insert = this.insertStrings.reduce((text, part, index) => `${text}$${index}${part}`)
  }
}

/** The column, or NULL if its text is too long to be one of a hub. */
function ifShort(column: string, maxBytes: number): string {
  return `CASE WHEN octet_length(e.${column}) <= ${maxBytes} THEN e.${column} END AS ${column}`
}

/** As a template tag gets it: drivers tell a template from a list by `raw`. */
function template(strings: readonly string[]): TemplateStringsArray {
  return Object.freeze(Object.assign([...strings], { raw: Object.freeze([...strings]) }))
}

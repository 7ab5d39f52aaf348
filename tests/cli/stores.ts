import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nats } from '@sse/nats'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { freePort } from '@sse/test-support/free-port'
import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { hasPostgres, PostgresServer } from '@sse/test-support/postgres-server'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'

/** A server, or a folder, in which hubs keep their logs. */
export interface Store {
  /** Address for a user who may write. */
  readonly address: string
  /** Address for a user who may only read. Called once there is a hub. */
  readerAddress(): Promise<string>
  /** Address with a wrong password, `s3cret`; `undefined` where there are none. */
  readonly wrongAddress: string | undefined
  /** Returns an engine of the hub `hub`. */
  engine(): Engine
  /** Returns what is stored, or how often it was changed. */
  state(): Promise<unknown> | unknown
  stop(): unknown
}

export const STORES: readonly { kind: string; isThere: boolean; start: () => Promise<Store> }[] = [
  { kind: 'sqlite', isThere: true, start: startSqlite },
  { kind: 'redis', isThere: hasRedis, start: startRedis },
  { kind: 'nats', isThere: hasNats, start: startNats },
  { kind: 'postgres', isThere: hasPostgres, start: startPostgres },
]

async function startSqlite(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-inspect-'))
  const file = join(folder, 'leads.db')
  return {
    address: `sqlite:${file}`,
    readerAddress: async () => `sqlite:${file}`,
    wrongAddress: undefined,
    engine: () => sqlite(file) as Engine,
    // The shared memory beside the file notes who reads: connections of one process share it.
    state: () =>
      readdirSync(folder).map((name) => (name.endsWith('-shm') ? name : digest(join(folder, name)))),
    stop: () => rmSync(folder, { recursive: true }),
  }
}

const digest = (file: string) => file + createHash('sha1').update(readFileSync(file)).digest('hex')

async function startRedis(): Promise<Store> {
  const server = await RedisServer.start()
  return {
    address: server.url,
    async readerAddress() {
      server.command(
        'ACL',
        'SETUSER',
        'reader',
        'on',
        '>right',
        '%R~sse:{hub}*',
        '+@read',
        '+@connection',
        '+info',
        '+time',
      )
      return `redis://reader:right@127.0.0.1:${server.port}`
    },
    wrongAddress: `redis://reader:s3cret@127.0.0.1:${server.port}`,
    engine: () => redis(server.url),
    state: () => server.info('rdb_changes_since_last_save'),
    stop: () => server.stop(),
  }
}

/** Rights of a user who reads the streams of the hub `hub`. */
const READING = ['log', 'commits', 'presence']
  .map((kind) => `sse-${kind}-hub`)
  .flatMap((stream) => [`STREAM.INFO.${stream}`, `STREAM.MSG.GET.${stream}`, `DIRECT.GET.${stream}`])
  .map((subject) => `"$JS.API.${subject}"`)

async function startNats(): Promise<Store> {
  const monitor = await freePort()
  const server = await NatsServer.start(`
    jetstream { store_dir: "FOLDER" }
    http: "127.0.0.1:${monitor}"
    authorization { users: [
      { user: app, password: right }
      { user: reader, password: right, permissions: { publish: [${READING}], subscribe: ["_INBOX.>"] } }
    ] }`)
  const address = (login: string) => `nats://${login}@127.0.0.1:${server.port}`
  return {
    address: address('app:right'),
    readerAddress: async () => address('reader:right'),
    wrongAddress: address('app:s3cret'),
    engine: () => nats(address('app:right')),
    async state() {
      const url = `http://127.0.0.1:${monitor}/jsz?streams=true&accounts=true`
      const { account_details } = (await (await fetch(url)).json()) as {
        account_details?: { stream_detail?: { name: string; state: { last_seq: number } }[] }[]
      }
      return account_details?.flatMap(({ stream_detail = [] }) =>
        stream_detail.map(({ name, state }) => `${name} ${state.last_seq}`).sort(),
      )
    },
    stop: () => server.stop(),
  }
}

async function startPostgres(): Promise<Store> {
  const server = await PostgresServer.start()
  return {
    address: server.url,
    async readerAddress() {
      await server.query('CREATE ROLE reader LOGIN')
      await server.query('GRANT USAGE ON SCHEMA sse TO reader')
      await server.query('GRANT SELECT ON ALL TABLES IN SCHEMA sse TO reader')
      return server.url.replace('postgres@', 'reader@')
    },
    wrongAddress: server.url.replace('postgres@', 'stranger:s3cret@'),
    engine: () => postgres(server.url) as Engine,
    state: () =>
      server.query(`SELECT n.nspname, c.relname, pg_relation_size(c.oid) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_|^information' ORDER BY 1, 2`),
    stop: () => server.stop(),
  }
}

import type { EngineName } from './engines.ts'

/** Stores a text, and returns a function that closes. */
type Publish = (url: string, data: string) => Promise<() => unknown>

/** The same work by hand: connect, store one event, close. */
export const bareJobs: Record<Exclude<EngineName, 'memory'>, () => Promise<Publish>> = {
  sqlite: async () => {
    const { DatabaseSync } = await import('node:sqlite')
    return async (url, data) => {
      const db = new DatabaseSync(url)
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      db.exec('CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT)')
      db.prepare('INSERT INTO bare (data) VALUES (?)').run(data)
      return () => db.close()
    }
  },
  redis: async () => {
    const { createClient } = await import('@redis/client')
    return async (url, data) => {
      const client = createClient({ url })
      await client.connect()
      await client.sendCommand(['XADD', 'bare', '*', 'd', data])
      return () => client.close()
    }
  },
  nats: async () => {
    const { connect } = await import('@nats-io/transport-node')
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream')
    return async (servers, data) => {
      const nats = await connect({ servers })
      const manager = await jetstreamManager(nats)
      await manager.streams.add({ name: 'bare', subjects: ['bare'] })
      await jetstream(nats).publish('bare', data)
      return () => nats.close()
    }
  },
  postgres: async () => {
    const { Client } = (await import('pg')).default
    return async (url, data) => {
      const client = new Client({ connectionString: url })
      await client.connect()
      await client.query('CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, data text)')
      await client.query('INSERT INTO bare (data) VALUES ($1)', [data])
      return () => client.end()
    }
  },
}

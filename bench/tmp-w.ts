import { postgres } from '@sse/postgres'
import { PostgresServer } from '@sse/test-support/postgres-server'

const server = await PostgresServer.start('max_wal_size=4GB')
const engine = postgres({ url: server.url })
await engine.append([{ channel: 'a', event: 'b', data: '1' }])
const stat = async () => {
  await new Promise((r) => setTimeout(r, 1500))
  return (
    await server.query('SELECT wal_sync, wal_write, wal_records, wal_fpi, wal_bytes FROM pg_stat_wal')
  )[0]
}
console.log(await stat())
for (let i = 0; i < 100; i++) await engine.append([{ channel: 'a', event: 'b', data: '1' }])
console.log(await stat())
for (let i = 0; i < 100; i++) await server.query('SELECT pg_notify($1,$2)', ['x', 'y'])
console.log(await stat())
await engine.close()
await server.stop()

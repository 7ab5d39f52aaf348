import { PostgresServer } from '@sse/test-support/postgres-server'
import { ratioSpread, spread } from './common/spread.ts'
import { measureProcesses } from './postgres/processes.ts'

const server = await PostgresServer.start('max_wal_size=4GB')
for (const n of (process.argv[2] ?? '1,4,16').split(',').map(Number)) {
  const r = await measureProcesses(server.url, n, { rounds: Number(process.argv[3] ?? 5), sliceMs: 500 })
  console.log(
    n,
    'naive',
    spread(r.naive),
    'ours',
    spread(r.processes),
    'ratio',
    ratioSpread(r.processes, r.naive),
  )
}
await server.stop()

import { postgres } from '@sse/postgres'
import { createNaiveTable } from './postgres/events.ts'

const url = 'postgres://postgres@127.0.0.1:7733/postgres'
const c = new (await import('pg')).Client(url)
await c.connect()
await c.query('drop schema if exists sse cascade')
await c.end()
const engine = postgres({ url })
await engine.append([{ channel: 'a', event: 'b', data: '1' }])
await engine.close()
await createNaiveTable(url)

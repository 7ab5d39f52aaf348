/** Commits an event in a transaction of its own, says so, and dies before it could do anything more about it. */
import { writeSync } from 'node:fs'
import { Client } from 'pg'
import { postgres } from '../index.ts'

const [url = ''] = process.argv.slice(2)
const engine = postgres({ url, onWarning: () => {} })
const client = new Client({ connectionString: url })
await client.connect()
await engine.read(0, 0)
await client.query('BEGIN')
await engine.insert({ channel: 'a', event: 'b', data: '"last words"' }, async (text, params) => {
  await client.query(text, params)
  await client.query('COMMIT')
  writeSync(1, 'committed\n')
  process.kill(process.pid, 'SIGKILL')
})

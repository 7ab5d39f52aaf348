/** A server process for pages: the runs in a file, which other processes serve too. `GET /aborted` lists those stopped here. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { answers } from '../runs/answers.ts'

const runs = createRuns(answers, { engine: sqlite(process.argv[2] ?? '') })
const aborted: string[] = []
const stream = sse(runs, {
  authorize: () => true,
  start: () =>
    async function* ({ event, id, signal }) {
      yield event('delta', 'a')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      aborted.push(`${id}: ${signal.reason.code}`)
    },
})
const server = createServer((req, res) => {
  res.setHeader('access-control-allow-origin', '*')
  res.setHeader('access-control-allow-headers', 'last-event-id, content-type')
  if (req.method === 'OPTIONS') res.writeHead(204).end()
  else if (req.url === '/aborted') res.end(JSON.stringify(aborted))
  else stream(req, res)
})
server.listen(0, '127.0.0.1', () => console.log(`at ${(server.address() as AddressInfo).port}`))

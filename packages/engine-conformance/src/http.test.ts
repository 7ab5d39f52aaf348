// The same model over real sockets. What has arrived at which time depends on the network, so there are fewer seeds.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { memory } from '@sse/server'
import { type NodeHandler, sse } from '@sse/server/node'
import { afterAll, beforeAll, it } from 'vitest'
import { hubModel, type ServeStream } from './index.ts'

const SEEDS = Number(process.env.CONFORMANCE_SEEDS ?? 30)

const handlers = new Map<string, NodeHandler>()
const server = createServer((req, res) => handlers.get(req.url ?? '')?.(req, res))

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const serve: ServeStream = (contract, subscribe) => {
  const path = `${contract.path}?stream=${handlers.size}`
  handlers.set(path, sse(contract, subscribe))
  const { port } = server.address() as AddressInfo
  return ({ headers, signal }) => fetch(`http://127.0.0.1:${port}${path}`, { headers, signal })
}

async function open() {
  const engine = memory()
  return { engine, close: () => engine.close() }
}

it('delivers every retained event in order and once over HTTP, or reports a gap first', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await hubModel({ seed, open, serve })
}, 120_000)

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createHub, type Hub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { build } from 'esbuild'
import { counter } from './counter.ts'

/** One process of a server that is restarted: a hub on a file, and the page of `restart-page.ts`. */
export interface RestartServer {
  readonly port: number
  readonly hub: Hub<typeof counter>
  /** Statuses of the answers to requests for the stream. */
  readonly statuses: number[]
  /** Shuts down as docs/operations/shutdown.md says. `listening` is called once the port is free. */
  stop(listening: () => Promise<unknown>): Promise<void>
}

let script: Promise<string> | undefined

async function buildPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('restart-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['@sse/source'],
  })
  return outputFiles[0]?.text ?? ''
}

/** @param port - 0 for any. */
export async function startRestartServer(
  file: string,
  port: number,
  limits: { maxConnections?: number } = {},
  refuse: 'status' | 'retry' = 'status',
): Promise<RestartServer> {
  script ??= buildPage()
  const js = await script
  const hub = createHub(counter, { engine: sqlite(file), ...limits })
  const stream = sse(hub, { authorize: () => true, channels: 'all', retryMs: 500, refuse })
  const statuses: number[] = []
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    if (pathname === counter.path) {
      res.once('close', () => statuses.push(res.statusCode))
      stream(req, res)
    } else if (pathname === '/page.js') res.writeHead(200, { 'content-type': 'text/javascript' }).end(js)
    else {
      res.writeHead(200, { 'content-type': 'text/html' })
      res.end('<!doctype html><title>Counter</title><script type="module" src="/page.js"></script>')
    }
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    hub,
    statuses,
    async stop(listening) {
      const closed = close(server)
      await listening()
      await hub.drain()
      await hub.close()
      await closed
    },
  }
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))

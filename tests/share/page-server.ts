import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { build } from 'esbuild'
import { numbers } from './numbers.ts'

/** A hub, and a page that follows it over `share`. HTTP/1.1: a browser opens six connections to it, not more. */
export async function startPageServer() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['@sse/source'],
  })
  const script = outputFiles[0]?.text ?? ''
  const hub = createHub(numbers)
  const stream = sse(numbers, ({ params, lastEventId }) => hub.subscribe(params.name, { after: lastEventId }))
  const responses = new Set<ServerResponse>()
  let opened = 0
  let isRefusing = false
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    if (pathname.startsWith('/numbers/')) {
      opened += 1
      responses.add(res)
      res.once('close', () => responses.delete(res))
      if (isRefusing) res.writeHead(403).end()
      else stream(req, res)
      return
    }
    if (pathname === '/page.js') res.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else {
      const body = pathname === '/' ? '<script type="module" src="/page.js"></script>' : '<p>Elsewhere</p>'
      res.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>Tab</title>${body}`)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    /** Streams that are open. */
    open: () => responses.size,
    /** Streams that were asked for so far. */
    opened: () => opened,
    publish: (name: string, n: number) => hub.publish(name, 'n', n),
    cut() {
      for (const response of responses) response.destroy()
    },
    refuse(should: boolean) {
      isRefusing = should
    },
    async [Symbol.asyncDispose]() {
      await hub.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

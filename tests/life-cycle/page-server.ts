import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { build } from 'esbuild'
import { counter } from './counter.ts'
import type { Shown } from './page.ts'

/** A hub, and a page that reports what its feed does. */
export async function startPageServer() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['@sse/source'],
  })
  const script = outputFiles[0]?.text ?? ''
  const hub = createHub(counter)
  const stream = sse(counter, ({ lastEventId }) => hub.subscribe('all', { after: lastEventId }))
  let shown: Shown & { at?: number } = { seen: [], states: [], wasCached: false }
  let isExpired = false
  let refreshes = 0
  let refreshing = Promise.resolve()
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    if (pathname === counter.path) {
      if (isExpired) return res.writeHead(401).end()
      return stream(req, res)
    }
    if (pathname === '/refresh') {
      refreshes += 1
      await refreshing
      isExpired = false
      return res.end()
    }
    if (pathname === '/report') {
      let body = ''
      for await (const chunk of req) body += chunk
      const reported = JSON.parse(body)
      if (reported.at > (shown.at ?? 0)) shown = reported // reports overtake one another
      return res.end()
    }
    if (pathname === '/page.js') {
      return res.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    }
    const page =
      pathname === '/elsewhere'
        ? '<title>Elsewhere</title>'
        : '<meta charset="utf-8"><title>Counter</title><script type="module" src="/page.js"></script>'
    res.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html>${page}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let published = 0
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shown: () => shown,
    refreshes: () => refreshes,
    /** Every token is refused until one is fetched, which takes until the function that comes back is called. */
    expire(): () => void {
      isExpired = true
      let answer = (): void => {}
      refreshing = new Promise((resolve) => {
        answer = resolve
      })
      return answer
    },
    connections: () => hub.stats().connections,
    /** Publishes the next few numbers; resolves with all there are. */
    async publish(count: number): Promise<number[]> {
      for (let n = 0; n < count; n++) await hub.publish('all', 'n', published++)
      return Array.from({ length: published }, (_, n) => n)
    },
    async [Symbol.asyncDispose]() {
      await hub.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

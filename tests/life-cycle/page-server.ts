import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { folders, importMap } from '../support/built-client.ts'

export const counter = defineStream({ path: '/counter', events: { n: type<number>() }, heartbeatMs: 1_000 })

const PAGE = `<!doctype html><meta charset="utf-8"><title>Counter</title>
${importMap}
<script type="module">
  import { connect, singleFlight } from '@sse/client'
  import { storedId } from '@sse/client/storage'
  import { defineStream, type } from '@sse/contract'
  const counter = defineStream({ path: '/counter', events: { n: type() }, heartbeatMs: 1_000 })
  const keeps = location.search.includes('keep')
  const feed = connect(counter, { reconnect: { maxJitterMs: 2_000 },
    refresh: singleFlight('token', () => fetch('/refresh', { method: 'POST' })), ...(keeps && { lastEventId: storedId('counter') }) })
  const shown = { seen: [], states: [], wasCached: false }
  let reports = 0
  const report = () => navigator.sendBeacon('/report', JSON.stringify({ ...shown, at: performance.timeOrigin + ++reports }))
  feed.on('n', (n) => {
    shown.seen.push(n)
    report()
  })
  feed.onStatus(({ state, reason }) => {
    shown.states.push(typeof reason === 'string' ? state + ' ' + reason : state)
    report()
  })
  window.addEventListener('pageshow', ({ persisted }) => {
    shown.wasCached ||= persisted
    report()
  })
</script>`

/** What a page has seen, as it says itself: a page from the back-forward cache can't be asked. */
export interface Shown {
  seen: number[]
  states: string[]
  wasCached: boolean
}

/** A hub, and a page that reports what its feed does. */
export async function startPageServer() {
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
    const [, folder = '', ...file] = pathname.split('/')
    try {
      if (folders[folder]) {
        const code = await readFile(join(folders[folder], ...file))
        res.writeHead(200, { 'content-type': 'text/javascript' }).end(code)
      } else {
        const page = pathname === '/elsewhere' ? '<!doctype html><title>Elsewhere</title>' : PAGE
        res.writeHead(200, { 'content-type': 'text/html' }).end(page)
      }
    } catch {
      res.writeHead(404).end()
    }
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

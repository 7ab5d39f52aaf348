import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { defineStream, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { build, type Plugin } from 'esbuild'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, requireBrowser } from '../lead-desk/browser.ts'

const path = requireBrowser('chromium')
const numbers = defineStream({ path: '/stream', events: { n: type<number>() } })

/** An app that shows what each function returns. `tests/browser` has the same with the newest Angular. */
const app = (zone: boolean) => `
  ${zone ? "import 'zone.js'" : ''}
  import '@angular/compiler'
  import * as core from '@angular/core'
  import { bootstrapApplication } from '@angular/platform-browser'
  import { fromFeed, injectEvent, injectEvents, injectLatest, injectStream, injectStreamStatus } from '@sse/angular'
  import { defineStream, type } from '@sse/contract'
  const numbers = defineStream({ path: '/stream', events: { n: type() } })
  class App {
    version = core.VERSION.major
    feed = injectStream(numbers, { reconnect: { jitterMs: 1 } })
    status = injectStreamStatus(this.feed)
    latest = injectLatest(this.feed, 'n', { initial: 0 })
    all = injectEvents(this.feed, 'n')
    heard = core.signal(0)
    observed = core.signal(0)
    constructor() {
      injectEvent(this.feed, 'n', (n) => this.heard.set(n))
      fromFeed(this.feed, 'n').subscribe(({ payload }) => this.observed.set(payload))
    }
  }
  const template = '{{ version }} {{ status().state }} {{ latest() }} {{ all().length }} {{ heard() }} {{ observed() }}'
  core.Component({ selector: 'app-root', template })(App)
  const providers = [core.${zone ? 'provideZoneChangeDetection' : 'provideZonelessChangeDetection'}()]
  bootstrapApplication(App, { providers }).then((app) => Object.assign(window, { app }))`

/** Resolves Angular, and what it stands on, from the folder of a major. */
function resolveFrom(resolveDir: string): Plugin {
  return {
    name: 'major',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^(@angular\/|rxjs|zone\.js)/ }, ({ path, kind, resolveDir: from }) =>
        from === resolveDir || from.includes('.pnpm') ? undefined : resolve(path, { kind, resolveDir }),
      )
    },
  }
}

interface Window {
  app: { whenStable(): Promise<void>; destroy(): void }
}

describe.skipIf(!path).each(['20', '21'])('an app with Angular %s', (major) => {
  let browser: Browser
  let server: Server
  const open = new Set<ServerResponse>()

  beforeAll(async () => {
    browser = await launch('chromium', path as string)
    const folder = fileURLToPath(new URL(`../frameworks/angular-${major}`, import.meta.url))
    const bundle = async (zone: boolean) => {
      const { outputFiles } = await build({
        stdin: { contents: app(zone), resolveDir: import.meta.dirname },
        plugins: [resolveFrom(folder)],
        conditions: ['@sse/source', 'module'],
        bundle: true,
        write: false,
        format: 'esm',
      })
      return outputFiles[0]?.text
    }
    const scripts: Record<string, string | undefined> = {
      '/zone.js': await bundle(true),
      '/zoneless.js': await bundle(false),
    }
    const stream = sse(numbers, async function* ({ event, signal, lastEventId }) {
      const n = Number(lastEventId ?? 0) + 1
      yield event('n', n, { id: `${n}` })
      await once(signal, 'abort')
    })
    server = createServer((req, res) => {
      const script = scripts[req.url ?? '']
      if (req.url === '/stream') {
        open.add(res)
        res.once('close', () => open.delete(res))
        stream(req, res)
      } else if (script) {
        res.setHeader('content-type', 'text/javascript').end(script)
      } else {
        const html = `<app-root></app-root><script type="module" src="${req.url}.js"></script>`
        res.setHeader('content-type', 'text/html').end(html)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    server?.close()
  })

  it.each([
    ['and zone.js', 'zone'],
    ['and no zone', 'zoneless'],
  ])(
    '%s becomes stable, shows events, resumes, and closes the stream when it is destroyed',
    async (_, name) => {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`)
      const shows = (text: string) =>
        expect.poll(() => page.textContent('app-root'), { timeout: 30_000 }).toBe(`${major} ${text}`)
      await shows('open 1 1 1 1')
      await page.evaluate(() => (globalThis as unknown as Window).app.whenStable())
      for (const response of open) response.destroy()
      await shows('open 2 2 2 2')
      expect(open.size).toBe(1)
      await page.evaluate(() => (globalThis as unknown as Window).app.destroy())
      await expect.poll(() => open.size, { timeout: 10_000 }).toBe(0)
      expect(complaints).toEqual([])
      await page.close()
    },
  )
})

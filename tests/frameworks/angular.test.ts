import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { launch, requireBrowser } from '../lead-desk/browser.ts'
import { linkPackages, withPackages } from '../support/link.ts'

const PACKAGES = [
  '@angular/common',
  '@angular/compiler',
  '@angular/core',
  '@angular/platform-browser',
  'rxjs',
  'zone.js',
]
const path = requireBrowser('chromium')

/** An app that shows what each function returns. */
const page = (zone: boolean) => `
  ${zone ? "import 'zone.js'" : ''}
  import '@angular/compiler'
  import * as core from '@angular/core'
  import { bootstrapApplication } from '@angular/platform-browser'
  import { fromFeed, injectEvent, injectEvents, injectLatest, injectStream, injectStreamStatus } from '@sse/angular'
  class App {
    version = core.VERSION.major
    feed = injectStream('/stream', { reconnect: { jitterMs: 1 } })
    status = injectStreamStatus(this.feed)
    latest = injectLatest(this.feed, 'n', { initial: '0' })
    all = injectEvents(this.feed, 'n')
    heard = core.signal('')
    observed = core.signal('')
    constructor() {
      injectEvent(this.feed, 'n', (n) => this.heard.set(n))
      fromFeed(this.feed, 'n').subscribe(({ payload }) => this.observed.set(payload))
    }
  }
  const template = '{{ version }} {{ status().state }} {{ latest() }} {{ all().length }} {{ heard() }} {{ observed() }}'
  core.Component({ selector: 'app-root', template })(App)
  const providers = [core.${zone ? 'provideZoneChangeDetection' : 'provideZonelessChangeDetection'}()]
  window.app = await bootstrapApplication(App, { providers })`

interface Window {
  app: { whenStable(): Promise<void>; destroy(): void }
}

describe.skipIf(!path).each(['20', '21'])('an app with Angular %s', (major) => {
  let browser: Browser
  let folder: string
  let server: Server
  let open = 0
  const pages: Record<string, string> = {}

  beforeAll(async () => {
    browser = await launch('chromium', path as string)
    folder = withPackages(inject('installed'), [])
    // npm installed the newest ones beside the packages.
    for (const name of ['@angular/core', 'rxjs'])
      rmSync(join(folder, 'node_modules', name), { recursive: true })
    linkPackages(folder, PACKAGES, `frameworks/angular-${major}`)
    for (const zone of [true, false]) {
      const { outputFiles } = await build({
        stdin: { contents: page(zone), resolveDir: folder },
        bundle: true,
        write: false,
        format: 'esm',
      })
      pages[`/${zone}.js`] = outputFiles[0]?.text ?? ''
    }
    const { sse } = await import(
      pathToFileURL(join(folder, 'node_modules/@sse/server/dist/node/node.js')).href
    )
    const stream = sse(async function* ({ event, signal, lastEventId }: StreamParts) {
      open += 1
      signal.addEventListener('abort', () => {
        open -= 1
      })
      const n = Number(lastEventId ?? 0) + 1
      yield event('n', `${n}`, { id: `${n}` })
      if (n === 1) throw new Error('the connection is lost')
      await once(signal, 'abort')
    })
    server = createServer((req, res) => {
      const script = pages[req.url ?? '']
      if (req.url === '/stream') stream(req, res)
      else if (script) res.setHeader('content-type', 'text/javascript').end(script)
      else
        res
          .setHeader('content-type', 'text/html')
          .end(`<app-root></app-root><script type="module" src="${req.url}.js"></script>`)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    ['and zone.js', true],
    ['and no zone', false],
  ])(
    '%s becomes stable, shows events, resumes, and closes the stream when it is destroyed',
    async (_, zone) => {
      const window = await browser.newPage()
      const complaints: string[] = []
      window.on('pageerror', (error) => complaints.push(String(error)))
      await window.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${zone}`)
      await expect
        .poll(() => window.textContent('app-root'), { timeout: 20_000 })
        .toBe(`${major} open 2 2 2 2`)
      await window.evaluate(() => (globalThis as unknown as Window).app.whenStable())
      expect(open).toBe(1)
      await window.evaluate(() => (globalThis as unknown as Window).app.destroy())
      await expect.poll(() => open, { timeout: 10_000 }).toBe(0)
      expect(complaints).toEqual([])
      await window.close()
    },
  )
})

interface StreamParts {
  event(name: string, payload: unknown, options: { id: string }): unknown
  signal: AbortSignal
  lastEventId: string | undefined
}

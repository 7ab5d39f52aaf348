import { defineStream, type SseError, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { awaitable } from '@sse/test-support/awaitable'
import { serve } from '@sse/test-support/http-server'
import { missing } from '@sse/test-support/require-program'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browsers } from '../../vitest.shared.ts'

const path = browsers.chromium ?? missing('what surrounds a page, in Chromium (set CHROMIUM_PATH)')
const numbers = defineStream({ path: '/numbers', heartbeatMs: 200, events: { number: type<number>() } })

/** Does nothing but pass requests on, as many do that cache some of them. */
const SERVICE_WORKER = `
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))
`

/** As docs/operations/in-your-stack.md has it: streams do not pass through the worker. */
const SPARING_WORKER = SERVICE_WORKER.replace(
  "'fetch', (event) => ",
  "'fetch', (event) => event.request.headers.get('accept') === 'text/event-stream' || ",
)

describe.skipIf(!path)('in Chromium', () => {
  let browser: Browser
  let client: string
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export { connect } from '@sse/client'", resolveDir: import.meta.dirname },
      conditions: ['@sse/source'],
      bundle: true,
      format: 'esm',
      write: false,
    })
    client = outputFiles[0]?.text ?? ''
    browser = await chromium.launch({
      executablePath: path as string,
      args: ['--no-sandbox', '--disable-gpu'],
    })
  })
  afterAll(() => browser?.close())

  async function servePage(worker = '') {
    const left = awaitable<SseError>()
    const stream = sse(numbers, async function* ({ event, signal }) {
      signal.addEventListener('abort', () => left.call(signal.reason))
      yield event('number', 1)
      await left.called
    })
    const server = await serve((req, res) => {
      if (req.url === '/numbers') return void stream(req, res)
      if (req.url === '/client.js') return void res.setHeader('content-type', 'text/javascript').end(client)
      if (req.url === '/worker.js') return void res.setHeader('content-type', 'text/javascript').end(worker)
      const page = `<!doctype html><p id="seen"></p><script type="module">
        import { connect } from '/client.js'
        if (${worker !== ''} && !navigator.serviceWorker.controller) {
          await navigator.serviceWorker.register('/worker.js')
          await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }))
        }
        const feed = connect('/numbers')
        window.leave = () => feed.close()
        for await (const { data, payload } of feed) document.querySelector('#seen').textContent = data ?? payload
      </script>`
      res.setHeader('content-type', 'text/html').end(page)
    })
    return {
      origin: server.origin,
      left: left.called,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  }

  it('Playwright’s networkidle never comes while a stream is open, and load does', async () => {
    await using server = await servePage()
    const page = await browser.newPage()
    await page.goto(server.origin, { waitUntil: 'load' })
    await expect.poll(() => page.textContent('#seen')).toBe('1')
    await expect(page.waitForLoadState('networkidle', { timeout: 3_000 })).rejects.toThrow(/Timeout/)
    await page.close()
  })

  it.each([
    ['that passes requests on', SERVICE_WORKER],
    ['that leaves streams alone', SPARING_WORKER],
  ])(
    'with a service worker %s, events arrive and the server notices that the page has left',
    async (_, worker) => {
      await using server = await servePage(worker)
      const page = await browser.newPage()
      await page.goto(server.origin)
      await expect.poll(() => page.textContent('#seen'), { timeout: 20_000 }).toBe('1')
      expect(await page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true)
      await page.evaluate('leave()')
      expect(await server.left).toMatchObject({ code: 'client_gone' })
      await page.close()
    },
  )
})

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineStream, text } from '@sse/contract'
import { sse } from '@sse/server/node'
import { type RunningServer, serve } from '@sse/test-support/http-server'
import { missing } from '@sse/test-support/require-program'
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browsers } from '../../vitest.shared.ts'

const require = createRequire(import.meta.url)
const path = browsers.chromium ?? missing('htmx and Turbo in Chromium (set CHROMIUM_PATH)')

const numbers = defineStream({ path: '/numbers', events: { message: text() } })

/** What a page needs, as docs/guides/other-clients.md has it. */
const PAGES = [
  {
    name: 'htmx 2 with its extension',
    scripts: ['htmx2/dist/htmx.min.js', 'htmx-ext-sse/dist/sse.min.js'],
    body: '<div hx-ext="sse" sse-connect="/numbers" sse-close="sse.end"><p id="seen" sse-swap="message"></p></div>',
    html: (n: number) => `<b>\n${n}</b>`,
    requests: 1,
  },
  {
    name: 'htmx 4 with its extension',
    scripts: ['htmx4/dist/htmx.min.js', 'htmx4/dist/ext/hx-sse.min.js'],
    body: '<p id="seen" hx-sse:connect="/numbers" hx-sse:close="sse.end"></p>',
    html: (n: number) => `<b>\n${n}</b>`,
    requests: 1,
  },
  {
    name: 'Turbo',
    scripts: ['@hotwired/turbo/dist/turbo.es2017-umd.js'],
    body: '<turbo-stream-source src="/numbers"></turbo-stream-source><p id="seen"></p>',
    html: (n: number) =>
      `<turbo-stream action="update" target="seen">\n<template><b>\n${n}</b></template>\n</turbo-stream>`,
    // The browser's own EventSource asks again, and stops at the 204.
    requests: 2,
  },
]

describe.skipIf(!path)('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: path as string,
      args: ['--no-sandbox', '--disable-gpu'],
    })
  })
  afterAll(() => browser?.close())

  describe.each(PAGES)('$name', ({ scripts, body, html, requests }) => {
    it('shows each event, and asks no more after the end', async () => {
      const stream = sse(numbers, { retryMs: 50 }, async function* ({ event, lastEventId }) {
        for (let n = Number(lastEventId ?? 0) + 1; n <= 3; n++) {
          yield event('message', html(n), { id: String(n) })
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      })
      let asked = 0
      await using server: RunningServer = await serve((req, res) => {
        if (req.url?.startsWith('/numbers')) {
          asked += 1
          stream(req, res)
        } else if (req.url === '/') {
          const tags = scripts.map((_, index) => `<script src="/script${index}"></script>`)
          res.setHeader('content-type', 'text/html').end(`<!doctype html>${tags.join('')}${body}`)
        } else {
          const script = scripts[Number(req.url?.replace('/script', ''))]
          if (!script) return void res.writeHead(404).end()
          const file = require.resolve(script)
          res.setHeader('content-type', 'text/javascript').end(readFileSync(file))
        }
      })
      const page = await browser.newPage()
      await page.goto(server.origin)
      await expect.poll(() => page.innerHTML('#seen'), { timeout: 20_000 }).toBe('<b>\n3</b>')
      await expect.poll(() => asked, { timeout: 20_000 }).toBe(requests)
      // Long enough for several further attempts.
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(asked).toBe(requests)
      await page.close()
    })
  })
})

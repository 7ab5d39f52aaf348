import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, expectFits, launch, requireBrowser, SCHEMES } from '../lead-desk/browser.ts'
import { dist, serveSite } from './site-server.ts'

/** First load of a page besides the demo, compressed. */
const MAX_BYTES = 150_000

if (process.env.CI && !existsSync(dist)) throw new Error('The site is not built: run `pnpm site`')

describe.skipIf(!existsSync(dist)).each(['chromium', 'firefox'] as const)('the site in %s', (kind) => {
  const path = requireBrowser(kind)
  let site: Awaited<ReturnType<typeof serveSite>>
  let browser: Browser
  beforeAll(async () => {
    site = await serveSite()
    if (path) browser = await launch(kind, path)
  })
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
  })

  async function open(at: string) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.goto(site.origin + at)
    return { page, complaints }
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click()
  const rows = (page: Page) => page.locator('.tab').first().locator('li').allTextContents()
  const hasRows = (page: Page, test: (rows: string[]) => boolean) =>
    expect.poll(async () => test(await rows(page)), { timeout: 15_000 }).toBe(true)

  it.skipIf(!path)('shows resume, a gap, a second tab and a restart without a server', async () => {
    const window = await open('/')
    const { page } = window
    await page.locator('.demo[data-ready=true]').waitFor()
    const state = page.locator('.tab').first().locator('.state')
    await expect.poll(() => state.textContent()).toBe('open')
    await press(page, 'Send Ada a lead')
    await hasRows(page, (found) => found.length === 1)

    await press(page, 'Cut the line')
    await expect.poll(() => state.textContent()).toBe('waiting')
    await press(page, 'Send Ada a lead')
    await press(page, 'Send Ada a lead')
    await press(page, 'Mend the line')
    await hasRows(
      page,
      (found) => found.length === 3 && found.slice(0, 2).every((row) => row.includes('missed')),
    )
    expect(await page.locator('.wire').textContent()).toContain('Last-Event-ID')

    await press(page, 'Open a second tab')
    await expect.poll(() => page.locator('.tab .state').allTextContents()).toEqual(['open', 'open'])
    await press(page, 'Send Ada a lead')
    // A subscriber that has acknowledged nothing starts at the oldest event.
    await expect.poll(() => page.locator('.tab').nth(1).locator('li').count()).toBe(4)

    await press(page, 'Cut the line')
    for (let count = 0; count < 8; count += 1) await press(page, 'Send Ada a lead')
    await press(page, 'Mend the line')
    await hasRows(page, (found) => found.some((row) => row.startsWith('gap: trimmed')))

    await press(page, 'Stop the server')
    await expect.poll(() => state.textContent()).toBe('waiting')
    await press(page, 'Start the server')
    await hasRows(page, (found) => found[0]?.startsWith('gap: epoch') ?? false)
    await press(page, 'Show the devtools')
    await page.locator('sse-devtools').waitFor({ state: 'attached' })
    await expectFits(window, `site-${kind}`)
    await page.close()
  })

  it.skipIf(!path)(
    kind === 'chromium'
      ? 'has no barrier on the landing page, a guide, the reference and the charts, light and dark, and fits a phone'
      : 'fits a phone on the landing page, a guide, the reference and the charts',
    { timeout: 120_000 },
    async () => {
      for (const at of ['/', '/guides/notify-one-person', '/api/contract', '/benchmarks']) {
        const window = await open(at)
        if (at === '/') await window.page.locator('.demo[data-ready=true]').waitFor()
        // The rules read the same page in Firefox.
        for (const colorScheme of kind === 'chromium' ? SCHEMES : []) {
          await window.page.emulateMedia({ colorScheme })
          await expectAccessible(window.page)
        }
        await expectFits(window, `site-${at.split('/').at(-1)}-${kind}`)
        await window.page.close()
      }
    },
  )

  it.skipIf(!path || kind === 'firefox')('finds a page by its words', async () => {
    const { page } = await open('/guides/hooks')
    await page.getByRole('button', { name: 'Search' }).first().click()
    await page.getByRole('searchbox').fill('idempotencyKey')
    await page.getByRole('option').first().waitFor()
    await page.close()
  })

  it.skipIf(!path || kind === 'firefox')('loads at most 150 KB of scripts besides the demo', async () => {
    const page = await browser.newPage()
    const scripts = new Map<string, Promise<number>>()
    page.on('response', (response) => {
      if (!response.url().endsWith('.js')) return
      // What is fetched ahead may end with the page.
      const size = response.body().then(
        (body) => gzipSync(body).byteLength,
        () => 0,
      )
      scripts.set(response.url(), size)
    })
    await page.goto(`${site.origin}/guides/notify-one-person`, { waitUntil: 'networkidle' })
    expect(scripts.size).toBeGreaterThan(1)
    const sizes = await Promise.all(scripts.values())
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES)
    await page.close()
  })
})

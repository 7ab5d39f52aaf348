import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { type Browser, type BrowserContextOptions, chromium, firefox, type Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browsers } from '../../vitest.shared.ts'
import { names, startExample } from './start-example.ts'

/** A number comes every second; a machine that is busy takes longer to show it. */
const patience = { timeout: 10_000 }
const pictures = fileURLToPath(new URL('__screenshots__/', import.meta.url))
mkdirSync(pictures, { recursive: true })

type Scheme = 'light' | 'dark'

const launchers = {
  chromium: (executablePath: string) =>
    chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] }),
  firefox: (executablePath: string, scheme: Scheme) =>
    firefox.launch({
      executablePath,
      // Only this channel drives the browser Debian ships; it leaves the colour scheme to the preferences.
      channel: 'moz-firefox',
      firefoxUserPrefs: { 'ui.systemUsesDarkTheme': scheme === 'dark' ? 1 : 0 },
    }),
}

describe.each(['chromium', 'firefox'] as const)('the page in %s', (kind) => {
  const path = browsers[kind]
  if (!path) {
    if (process.env.CI) throw new Error(`${kind} is not here (set CHROMIUM_PATH, FIREFOX_PATH)`)
    console.warn(`\nSKIPPED the page in ${kind}: not found (set CHROMIUM_PATH, FIREFOX_PATH)\n`)
  }
  let browser: Browser
  beforeAll(async () => {
    if (path) browser = await launchers[kind](path, 'light')
  })
  afterAll(() => browser?.close())

  it.skipIf(!path).each(names)(
    'shows the numbers of the %s example, and says nothing to the console',
    async (name) => {
      await using example = await startExample(name)
      const { page, complaints } = await open(browser, example.url)
      await expect.poll(() => state(page), patience).toBe('open')
      await expect.poll(() => count(page), patience).toBeGreaterThanOrEqual(3)
      expect(Number(await page.textContent('#number'))).toBeGreaterThanOrEqual(1)
      expect(await page.locator('.curve').getAttribute('points')).toMatch(/\S+,\S+ \S+,\S+ \S+,\S+/)
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  it.skipIf(!path)('reads a server of another origin', async () => {
    await using example = await startExample('express')
    const { page, complaints } = await open(
      browser,
      `http://127.0.0.1:${example.port}/?server=http://localhost:${example.port}`,
    )
    await expect.poll(() => count(page), patience).toBeGreaterThanOrEqual(2)
    expect(await page.textContent('#other-origin')).toContain(
      `from http://127.0.0.1:${example.port}, another origin`,
    )
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it.skipIf(!path)('shows nothing that the contract refuses', async () => {
    await using example = await startExample('express')
    const other = createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'access-control-allow-origin': '*' })
      for (const data of ['"<img src=x>"', '101', '1.5', 'no JSON', '42']) {
        res.write(`event: number\ndata: ${data}\n\n`)
      }
    }).listen(0)
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { page, complaints } = await open(browser, `${example.url}/?server=http://localhost:${port}`)
    await expect.poll(() => page.textContent('#number'), patience).toBe('42')
    expect(await count(page)).toBe(1)
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints.length).toBe(4)
    await page.context().close()
    other.close()
    other.closeAllConnections()
  })

  it.skipIf(!path)('stops and starts at its button', async () => {
    await using example = await startExample('express')
    const { page } = await open(browser, example.url)
    await expect.poll(() => count(page), patience).toBeGreaterThanOrEqual(1)
    await page.click('text=Stop')
    expect(await state(page)).toBe('closed')
    expect(await page.textContent('#detail')).toBe('Stopped by you.')
    await expect.poll(() => example.timers(), patience).toBe(0)
    const before = await count(page)
    await page.click('text=Start')
    await expect.poll(() => count(page), patience).toBeGreaterThan(before)
    await page.context().close()
  })

  it.skipIf(!path)('waits while the server is down, says so, and comes back with it', async () => {
    const port = String(await freePort())
    const first = await startExample('express', { PORT: port })
    const { page } = await open(browser, first.url)
    await expect.poll(() => count(page), patience).toBeGreaterThanOrEqual(1)
    await first.stop()
    await page.waitForSelector('#status[data-state=waiting]')
    await page.waitForSelector('#help:not([hidden])')
    expect(await page.textContent('#detail')).toMatch(/\(network\)|^Attempt/)
    await expect.poll(() => page.textContent('#countdown'), patience).toMatch(/^\d+ s$/)
    await picture(page, `${kind}-waiting`)
    const before = await count(page)
    await using _second = await startExample('express', { PORT: port })
    await expect.poll(() => count(page), patience).toBeGreaterThan(before)
    expect(await state(page)).toBe('open')
    expect(await page.isVisible('#help')).toBe(false)
    await page.context().close()
  })

  it.skipIf(!path).each<Scheme>(['light', 'dark'])(
    'fits a narrow screen and a wide one, in %s',
    async (scheme) => {
      await using example = await startExample('express')
      const own = await launchers[kind](path!, scheme)
      const { page } = await open(own, example.url, { colorScheme: scheme, reducedMotion: 'reduce' })
      expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(
        scheme === 'dark',
      )
      await expect.poll(() => count(page), patience).toBeGreaterThanOrEqual(3)
      for (const width of [390, 1200]) {
        await page.setViewportSize({ width, height: 844 })
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        await picture(page, `${kind}-${width}-${scheme}`)
      }
      await own.close()
    },
  )
})

/** Opens a page, and notes every error and warning it gives. */
async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage(options)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(url)
  return { page, complaints }
}

const state = (page: Page) => page.textContent('#state')
const count = async (page: Page) => Number(await page.textContent('#count'))
const picture = (page: Page, name: string) =>
  page.screenshot({ path: `${pictures}${name}.png`, fullPage: true })

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from '@sse/test-support/free-port'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, requireBrowser } from '../lead-desk/browser.ts'
import { savePicture } from '../support/save-picture.ts'
import { names, startExample } from './start-example.ts'

/** A number comes every second; a machine that is busy takes longer to show it. */
const patience = { timeout: 10_000 }
describe.each(['chromium', 'firefox'] as const)('the page in %s', (kind) => {
  const path = requireBrowser(kind)
  let browser: Browser
  beforeAll(async () => {
    if (path) browser = await launch(kind, path)
  })
  afterAll(() => browser?.close())

  // The three differ in their servers.
  it.skipIf(!path).each(kind === 'firefox' ? names.slice(0, 1) : names)(
    'shows the numbers of the %s example, fits a narrow screen and a wide one, and says nothing to the console',
    async (name) => {
      await using example = await startExample(name)
      const { page, complaints } = await open(browser, example.url)
      await expect.poll(() => state(page), patience).toBe('open')
      await expect.poll(() => count(page), patience).toBeGreaterThanOrEqual(3)
      expect(Number(await page.textContent('#number'))).toBeGreaterThanOrEqual(1)
      expect(await page.locator('.curve').getAttribute('points')).toMatch(/\S+,\S+ \S+,\S+ \S+,\S+/)
      for (const width of [390, 1200]) {
        await page.setViewportSize({ width, height: 844 })
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        expect(complaints).toEqual([])
        await savePicture(page, import.meta.dirname, `${kind}-${name}-${width}`)
      }
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
    await savePicture(page, import.meta.dirname, `${kind}-waiting`)
    const before = await count(page)
    await using _second = await startExample('express', { PORT: port })
    await expect.poll(() => count(page), patience).toBeGreaterThan(before)
    expect(await state(page)).toBe('open')
    expect(await page.isVisible('#help')).toBe(false)
    await page.context().close()
  })

  // Firefox can differ in the above. The rest depends on the page alone.
  if (kind === 'firefox') return

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
})

/** Opens a page, and notes every error and warning it gives. */
async function open(browser: Browser, url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage()
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

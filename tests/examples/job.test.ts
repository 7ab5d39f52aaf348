import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, expectFits, launch, requireBrowser } from '../lead-desk/browser.ts'
import { savePicture } from '../support/save-picture.ts'
import { type Example, startExample } from './start-example.ts'

const path = requireBrowser('chromium')
const patience = { timeout: 20_000 }
const view: BrowserContextOptions = { reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } }

describe('the job example', () => {
  let browser: Browser
  let folder: string
  let example: Example
  const complaints: string[] = []
  beforeAll(async () => {
    if (!path) return
    folder = await mkdtemp(join(tmpdir(), 'sse-job-example-'))
    example = await startExample('job', { DATA: folder, WORKERS: '2' })
    browser = await launch('chromium', path)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    expect(await example?.stop('SIGTERM')).toBe(path ? 0 : undefined)
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  async function open(url: string, page?: Page): Promise<Page> {
    const context = page?.context() ?? (await browser.newContext(view))
    const opened = await context.newPage()
    opened.on('pageerror', (error) => complaints.push(String(error)))
    await opened.goto(url)
    return opened
  }
  const text = (page: Page, id: string) => page.locator(`#${id}`).textContent()
  const percent = async (page: Page) => Number((await text(page, 'percent'))?.replace(/\D/g, ''))
  const skipped = (page: Page) => page.locator('#skipped li').allTextContents()
  const startImport = async () => {
    const page = await open(example.url)
    await page.getByRole('button', { name: 'Import a sample' }).click()
    await expect.poll(() => percent(page), patience).toBeGreaterThan(15)
    return page
  }
  const workerOf = async (page: Page) => Number((await text(page, 'status'))?.match(/worker (\d+)/)?.[1])

  it.skipIf(!path)(
    'a page that is reloaded, and one that is opened late, show a whole import, and each skipped line once',
    { timeout: 60_000 },
    async () => {
      const page = await startImport()
      await page.reload()
      const late = await open(page.url(), page)
      await expect.poll(() => percent(late), patience).toBeGreaterThan(20)
      await expectAccessible(page)
      await savePicture(page, import.meta.dirname, 'job-running')
      for (const tab of [page, late]) {
        await expect.poll(() => text(tab, 'status'), patience).toBe('imported')
        expect(await percent(tab)).toBe(100)
        expect(await text(tab, 'detail')).toBe('315 customers imported')
        const lines = await skipped(tab)
        expect(lines).toHaveLength(5)
        expect(new Set(lines).size).toBe(5)
      }
      await expectFits({ page, complaints }, 'job-imported')
      await page.context().close()
    },
  )

  it.skipIf(!path)(
    'stop ends the import in the worker, and in every window',
    { timeout: 60_000 },
    async () => {
      const page = await startImport()
      const second = await open(page.url(), page)
      await second.getByRole('button', { name: 'Stop' }).click()
      for (const tab of [page, second]) {
        await expect.poll(() => text(tab, 'status'), patience).toBe('stopped')
        expect(await text(tab, 'detail')).toMatch(/^Stopped after \d+ of 320 rows$/)
      }
      await page.context().close()
    },
  )

  it.skipIf(!path)(
    'another worker takes over an import whose worker is killed, and the import is lost when no worker is left',
    { timeout: 60_000 },
    async () => {
      const page = await startImport()
      const first = await workerOf(page)
      process.kill(first, 'SIGKILL')
      await expect.poll(() => text(page, 'status'), patience).toContain('attempt 2')
      const second = await workerOf(page)
      expect(second).not.toBe(first)
      process.kill(second, 'SIGKILL')
      await expect.poll(() => text(page, 'status'), patience).toBe('worker lost')
      expect(await text(page, 'detail')).toMatch(/^The worker was killed after \d+ of 320 rows$/)
      await savePicture(page, import.meta.dirname, 'job-lost')
      await page.reload()
      await expect.poll(() => text(page, 'status'), patience).toBe('worker lost')
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@sse/test-support/free-port'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, requireBrowser } from '../lead-desk/browser.ts'
import { savePicture } from '../support/save-picture.ts'
import { startExample } from './start-example.ts'

const LIBRARIES = ['htmx2', 'htmx4', 'turbo', 'datastar']
const HOSTILE = `<img src=x onerror="document.title='broken'"> & 'Ada'`
const patience = { timeout: 20_000 }

const rows = (page: Page) => page.locator('#leads > li:not(.empty)').allTextContents()

async function add(page: Page, name: string): Promise<void> {
  await page.fill('[name=name]', name)
  await page.fill('[name=city]', 'London')
  await page.click('button')
}

describe.each(['chromium', 'firefox'] as const)('the board of leads in %s', (kind) => {
  const path = requireBrowser(kind)
  let browser: Browser
  beforeAll(async () => {
    if (path) browser = await launch(kind, path)
  })
  afterAll(() => browser?.close())

  it.skipIf(!path).each(kind === 'firefox' ? ['htmx2', 'turbo'] : LIBRARIES)(
    'with %s shows what a second tab adds, as text, also after the server was started again',
    async (library) => {
      const folder = await mkdtemp(join(tmpdir(), 'sse-html-'))
      const env = { DATA_DIR: folder, PORT: String(await freePort()) }
      const first = await startExample('html', env)
      const page = await browser.newPage()
      const other = await browser.newPage()
      await page.goto(`${first.url}/${library}`)
      await other.goto(`${first.url}/${library}`)
      expect(await page.textContent('#leads')).toContain('No leads yet')
      await add(other, HOSTILE)
      await expect.poll(() => rows(page), patience).toEqual([`${HOSTILE}London€5,000`])
      expect(await page.title()).not.toBe('broken')
      await first.stop()
      const second = await startExample('html', env)
      // Datastar does not reconnect after a response has ended.
      if (library === 'datastar') await page.reload()
      await add(other, 'Grace')
      await expect.poll(() => rows(page), patience).toEqual(['GraceLondon€5,000', `${HOSTILE}London€5,000`])
      for (const width of [360, 1_000]) {
        await page.setViewportSize({ width, height: 700 })
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        await savePicture(page, import.meta.dirname, `${kind}-html-${library}-${width}`)
      }
      await Promise.all([page.close(), other.close(), second.stop()])
      await rm(folder, { recursive: true, force: true })
    },
    60_000,
  )
})

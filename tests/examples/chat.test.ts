import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectAccessible, expectFits, launch, requireBrowser } from '../lead-desk/browser.ts'
import { savePicture } from '../support/save-picture.ts'
import { type Example, startExample } from './start-example.ts'

const path = requireBrowser('chromium')
/** Vite makes a page's dependencies when it is first asked for them. */
const patience = { timeout: 20_000 }
const view: BrowserContextOptions = { reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } }
const LAST_WORDS = 'at the speed of a real model.'

describe('the chat example', () => {
  let browser: Browser
  let folder: string
  let example: Example
  let complaints: string[]
  beforeAll(async () => {
    if (!path) return
    folder = await mkdtemp(join(tmpdir(), 'sse-chat-example-'))
    example = await startExample('chat', { DATA: folder })
    browser = await launch('chromium', path)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await example?.[Symbol.asyncDispose]()
    if (folder) await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    complaints = []
  })

  async function openChat(url = `${example.url}/?chat=${crypto.randomUUID()}`, page?: Page): Promise<Page> {
    const opened = page ? await page.context().newPage() : await (await browser.newContext(view)).newPage()
    opened.on('pageerror', (error) => complaints.push(String(error)))
    opened.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await opened.goto(url)
    await opened.getByRole('heading').waitFor(patience)
    return opened
  }
  const answerOf = async (page: Page) => (await page.locator('.assistant .text').allTextContents()).join()
  const ask = async (page: Page, question: string) => {
    await page.getByLabel('Message', { exact: true }).fill(question)
    await page.keyboard.press('Enter')
  }
  const isWriting = (page: Page) =>
    expect.poll(async () => (await answerOf(page)).length, patience).toBeGreaterThan(20)

  it.skipIf(!path)(
    'a reload in the middle of an answer loses and repeats nothing, and tabs opened before and later follow it',
    { timeout: 60_000 },
    async () => {
      const page = await openChat()
      await expectAccessible(page)
      await expectFits({ page, complaints }, 'chat-empty')
      const before = await openChat(page.url(), page)
      await ask(page, 'What happens when I reload?')
      await isWriting(page)
      await page.reload()
      await isWriting(page)
      expect(await answerOf(page)).not.toContain(LAST_WORDS)
      await expectAccessible(page)
      await savePicture(page, import.meta.dirname, 'chat-writing')
      const later = await openChat(page.url(), page)
      const tabs = [page, before, later]
      for (const tab of tabs) await expect.poll(() => answerOf(tab), patience).toContain(LAST_WORDS)
      const answers = await Promise.all(tabs.map(answerOf))
      expect(new Set(answers).size).toBe(1)
      expect(answers[0]?.split('Reload this page').length).toBe(2)
      for (const tab of tabs) expect(await tab.locator('li.user').allTextContents()).toHaveLength(1)
      await expect.poll(() => page.getByRole('status').textContent()).toBe('Ready')
      await page.reload()
      await expect.poll(() => answerOf(page), patience).toBe(answers[0])
      await expectFits({ page, complaints }, 'chat-answered')
      await page.context().close()
    },
  )

  it.skipIf(!path)(
    'the stop button of a second tab stops the answer in every tab, and what was written stays after a reload',
    { timeout: 60_000 },
    async () => {
      const page = await openChat()
      await ask(page, 'Tell me everything')
      await isWriting(page)
      const second = await openChat(page.url(), page)
      await second.getByRole('button', { name: 'Stop' }).click()
      for (const tab of [page, second]) {
        await expect
          .poll(() => tab.getByRole('status').textContent(), patience)
          .toBe('The answer was stopped')
        await tab.getByText('Stopped', { exact: true }).waitFor()
      }
      await savePicture(page, import.meta.dirname, 'chat-stopped')
      const answer = await answerOf(page)
      expect(answer).not.toContain(LAST_WORDS)
      await page.reload()
      await page.getByText('Stopped', { exact: true }).waitFor(patience)
      expect(await answerOf(page)).toContain(answer.slice(0, 20))
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  it.skipIf(!path)(
    'an answer that fails is reported in an alert, and can be asked for again',
    { timeout: 60_000 },
    async () => {
      const page = await openChat()
      await ask(page, 'Please fail in the middle')
      const alert = page.getByRole('alert')
      await expect.poll(() => alert.allTextContents(), patience).toHaveLength(1)
      expect(await alert.textContent()).toContain('The model has failed.')
      await expectAccessible(page)
      await savePicture(page, import.meta.dirname, 'chat-failed')
      await page.getByRole('button', { name: 'Try again' }).click()
      await expect.poll(() => alert.count(), patience).toBe(0)
      await expect.poll(() => alert.count(), patience).toBe(1)
      expect(await page.locator('li.user').count()).toBe(1)
      expect(await page.locator('li.assistant').count()).toBe(1)
      await page.context().close()
    },
  )
})

import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, expectFits, launch, requireBrowser } from '../lead-desk/browser.ts'

const apps = [
  ['react', 'App.tsx'],
  ['vue', 'App.vue'],
  ['svelte', 'App.svelte'],
  ['solid', 'App.tsx'],
  ['angular', 'app.html'],
] as const
/** Vite makes a page's dependencies when it is first asked for them. */
const patience = { timeout: 20_000 }

/** A copy that can be edited; its dependencies are those of the example. */
function copyOf(name: string): string {
  const folder = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
  const copy = fileURLToPath(new URL(`../.cache/hot/${name}`, import.meta.url))
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(folder, copy, { recursive: true, filter: (from) => !/node_modules|tsconfig\.json/.test(from) })
  symlinkSync(`${folder}/node_modules`, `${copy}/node_modules`, 'junction')
  return copy
}

/** Runs an example as its `start` script does. */
async function start(folder: string) {
  const { scripts } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const [, ...args] = scripts.start.split(' ')
  const env = { PORT: String(await freePort()), NODE_ENV: 'development' }
  const program = startProgram(process.execPath, args, { cwd: folder, env })
  const [url] = await program.says(/http:\S+/)
  return {
    url,
    async [Symbol.asyncDispose]() {
      program.signal('SIGTERM')
      expect(await program.exited, program.output).toBe(0)
    },
  }
}

/** Opens a page; notes its complaints, and how often it asked for the stream. */
async function open(browser: Browser, url: string) {
  const page = await browser.newPage({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.addInitScript(() => {
    const asked = globalThis.fetch
    globalThis.fetch = (...request) => {
      if (String(request[0]).endsWith('/orders')) Object.assign(globalThis, { streams: streams() + 1 })
      return asked(...request)
    }
    const streams = () => (globalThis as { streams?: number }).streams ?? 0
  })
  await page.goto(url)
  await expect.poll(() => state(page), patience).toBe('open')
  const streams = () => page.evaluate(() => (globalThis as { streams?: number }).streams)
  return { page, complaints, streams }
}

/** Saves as an editor does. A file that is overwritten is empty for a moment, in which Vite may read it. */
function save(file: string, text: string): void {
  writeFileSync(`${file}.saved`, text)
  renameSync(`${file}.saved`, file)
}

const state = async (page: Page) => (await page.locator('.status').allTextContents())[0]?.trim()
const count = async (page: Page) => Number(await page.textContent('#count'))

describe.each(['chromium', 'firefox'] as const)('an example in %s', (kind) => {
  const path = requireBrowser(kind)
  let browser: Browser
  beforeAll(async () => {
    if (path) browser = await launch(kind, path)
  })
  afterAll(() => browser?.close())

  // The hooks of every framework run in Firefox in `tests/browser`.
  it.skipIf(!path).each(kind === 'firefox' ? apps.slice(0, 1) : apps)(
    '%s: count, latest, list and status are live, stop at the button, and are hot-reloaded on the same connection',
    { timeout: 90_000 },
    async (name, file) => {
      const copy = copyOf(name)
      await using example = await start(copy)
      const window = await open(browser, example.url)
      const { page, streams } = window
      await expect.poll(() => page.locator('li').count(), patience).toBe(6)
      // All of one moment: events come all the time.
      const [item, first, numbers] = await page.evaluate(
        () =>
          [
            document.querySelector('#latest')?.textContent,
            document.querySelector('li')?.textContent,
            [...document.querySelectorAll('.number')].map(({ textContent }) => Number(textContent?.slice(1))),
          ] as const,
      )
      expect(first).toContain(item)
      expect(numbers).toEqual(numbers.toSorted((a, b) => b - a))
      expect(await page.textContent('#revenue')).toMatch(/^€\d+\.\d\d$/)
      if (kind === 'chromium') await expectAccessible(page)
      await expectFits(window, `example-${name}-${kind}`)

      await page.getByRole('button', { name: 'Stop listening' }).click()
      await expect.poll(() => state(page), patience).toBe('closed')
      const stopped = await count(page)
      await page.getByRole('button', { name: 'Listen again' }).click()
      await expect.poll(() => count(page), patience).toBeGreaterThan(stopped)

      const opened = await streams()
      expect(opened).toBeGreaterThan(0)
      await page.evaluate(() => document.body.setAttribute('data-same', 'page'))
      const source = readFileSync(`${copy}/src/${file}`, 'utf8')
      save(`${copy}/src/${file}`, source.replace('Orders, live', 'Orders, hot'))
      await expect.poll(() => page.locator('h1').allTextContents(), patience).toEqual(['Orders, hot'])
      const edited = await count(page)
      await expect.poll(() => count(page), patience).toBeGreaterThan(edited)
      expect(await page.getAttribute('body', 'data-same')).toBe('page')
      expect(await streams()).toBe(opened)
      await page.context().close()
    },
  )
})

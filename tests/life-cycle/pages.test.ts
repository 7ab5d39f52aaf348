import { type Browser, type BrowserContext, chromium, firefox, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { browsers } from '../../vitest.shared.ts'
import { missing } from '../support/process.ts'
import { startPageServer } from './page-server.ts'

vi.setConfig({ testTimeout: 60_000 })
const patience = { timeout: 20_000, interval: 20 }

describe.each(['chromium', 'firefox'] as const)('a page in %s', (kind) => {
  const path = browsers[kind] ?? missing(`the life of a page in ${kind} (set CHROMIUM_PATH, FIREFOX_PATH)`)
  let browser: Browser
  let server: Awaited<ReturnType<typeof startPageServer>>
  let context: BrowserContext
  beforeAll(async () => {
    if (!path) return
    server = await startPageServer()
    browser =
      kind === 'chromium'
        ? await chromium.launch({
            executablePath: path,
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
            ignoreDefaultArgs: ['--disable-back-forward-cache'],
          })
        : await firefox.launch({ executablePath: path, channel: 'moz-firefox' })
  })
  afterEach(() => context?.close())
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  const shows = (numbers: number[]) => expect.poll(() => server.shown().seen, patience).toEqual(numbers)
  const connections = (count: number) => expect.poll(() => server.connections(), patience).toBe(count)

  /** A page whose stream is open and has shown three numbers. */
  async function open(search = ''): Promise<{ page: Page; newest: (count: number) => Promise<number[]> }> {
    await connections(0)
    context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${server.url}/${search}`)
    await connections(1)
    const newest = async (count: number) => (await server.publish(0)).slice(-count)
    await server.publish(3)
    await shows(await newest(3))
    return { page, newest }
  }

  it.skipIf(!path)('that loses its network receives the missed events once and in order', async () => {
    const { newest } = await open()
    await context.setOffline(true)
    await server.publish(3)
    await context.setOffline(false)
    await server.publish(3)
    await shows(await newest(9))
  })

  it.skipIf(!path)(
    'that is left and revisited resumes where it was, from the cache or reloaded',
    async () => {
      const { page, newest } = await open('?keep')
      await page.goto(`${server.url}/elsewhere`)
      await connections(0)
      await server.publish(3)
      await page.evaluate(() => history.back())
      await connections(1)
      await server.publish(1)
      // Firefox makes the page anew: a request was under way when it was left.
      await shows(await newest(kind === 'chromium' ? 7 : 4))
      expect(server.shown().wasCached).toBe(kind === 'chromium')
      if (kind === 'chromium') expect(server.shown().states).toContain('paused frozen')
    },
  )

  it.skipIf(!path)('gets one fresh token together with its other tabs', async () => {
    await open()
    const answer = server.expire()
    const before = server.refreshes()
    const tabs = await Promise.all([1, 2, 3].map(() => context.newPage()))
    for (const tab of tabs) await tab.goto(`${server.url}/`)
    // One tab fetches it, the others wait for that one.
    const flights = () =>
      tabs[0]?.evaluate(async () => {
        const { held, pending } = await navigator.locks.query()
        return [held?.length, pending?.length]
      })
    await expect.poll(flights, patience).toEqual([1, 2])
    expect(server.refreshes()).toBe(before + 1)
    answer()
    await connections(4)
    expect(server.refreshes()).toBe(before + 1)
  })

  it.skipIf(!path)('that is reloaded resumes where it was', async () => {
    const { page, newest } = await open('?keep')
    await server.publish(2)
    await shows(await newest(5))
    await page.reload()
    await connections(1)
    await server.publish(3)
    await shows(await newest(3))
  })
})

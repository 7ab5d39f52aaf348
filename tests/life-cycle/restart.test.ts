import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missing } from '@sse/test-support/require-program'
import { type Browser, chromium, firefox, type Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { browsers } from '../../vitest.shared.ts'
import type { RestartPage } from './restart-page.ts'
import { type RestartServer, startRestartServer } from './restart-server.ts'

vi.setConfig({ testTimeout: 60_000 })
const patience = { timeout: 20_000, interval: 50 }
/** As many connections as a browser opens to one host. */
const STREAMS = 6

const ask = <Name extends keyof RestartPage>(page: Page, name: Name) =>
  page.evaluate((asked) => (window as unknown as { page: RestartPage }).page[asked](), name) as Promise<
    ReturnType<RestartPage[Name]>
  >

describe.each(['chromium', 'firefox'] as const)('a restart on the same port, in %s', (kind) => {
  const path = browsers[kind] ?? missing(`a restart under ${kind} (set CHROMIUM_PATH, FIREFOX_PATH)`)
  const folder = mkdtempSync(join(tmpdir(), 'sse-restart-'))
  let browser: Browser
  beforeAll(async () => {
    if (!path) return
    browser =
      kind === 'chromium'
        ? await chromium.launch({
            executablePath: path,
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
          })
        : await firefox.launch({ executablePath: path, channel: 'moz-firefox' })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.skipIf(!path)('keeps every EventSource and connect(), and the old process refuses none', async () => {
    const file = join(folder, 'log.db')
    const old = await startRestartServer(file, 0)
    let current: RestartServer | undefined
    const open = async (search: string) => {
      // Each context has connections of its own.
      const page = await (await browser.newContext()).newPage()
      await page.goto(`http://127.0.0.1:${old.port}/?${search}`)
      return page
    }
    const pages = await Promise.all([open(`native=${STREAMS}`), open('connect')])
    const shows = (numbers: number[]) =>
      expect
        .poll(async () => (await Promise.all(pages.map((page) => ask(page, 'seen')))).flat(), patience)
        .toEqual(Array(STREAMS + 1).fill(numbers))
    await expect.poll(() => old.hub.stats().connections, patience).toBe(STREAMS + 1)
    await old.hub.publish('all', 'n', 1)
    await shows([1])

    await old.stop(async () => {
      current = await startRestartServer(file, old.port)
    })
    await current?.hub.publish('all', 'n', 2)
    await shows([1, 2])
    expect(current?.hub.stats().connections).toBe(STREAMS + 1)
    expect(await ask(pages[0] as Page, 'closed')).toBe(0)
    expect(old.statuses).toEqual(Array(STREAMS + 1).fill(200))
    expect(current?.statuses).toEqual([])

    for (const page of pages) await page.context().close()
    await current?.stop(async () => {})
  })

  it.skipIf(!path)("keeps an EventSource over the limit waiting with refuse: 'retry'", async () => {
    const server = await startRestartServer(join(folder, 'limit.db'), 0, { maxConnections: 1 }, 'retry')
    const open = async () => {
      const page = await (await browser.newContext()).newPage()
      await page.goto(`http://127.0.0.1:${server.port}/?native=1`)
      return page
    }
    const first = await open()
    await expect.poll(() => server.hub.stats().connections, patience).toBe(1)
    const second = await open()
    await expect.poll(() => server.hub.stats().rejected, patience).toBeGreaterThan(0)
    expect(await ask(second, 'closed')).toBe(0)
    await first.context().close()
    // Published again until the second stream is open.
    const publishAndCount = async () => {
      await server.hub.publish('all', 'n', 7)
      return (await ask(second, 'seen'))[0]?.length
    }
    await expect.poll(publishAndCount, patience).toBeGreaterThan(0)
    expect(await ask(second, 'closed')).toBe(0)
    await second.context().close()
    await server.stop(async () => {})
  })
})

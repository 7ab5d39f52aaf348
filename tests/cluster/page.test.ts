import type { Page } from 'playwright'
import { expect, it } from 'vitest'
import { expectAccessible, launch, requireBrowser } from '../lead-desk/browser.ts'
import { savePicture } from '../support/save-picture.ts'
import { hasPrograms, startCluster } from './start-cluster.ts'

const programs = { chromium: requireBrowser('chromium'), firefox: requireBrowser('firefox') }
const kinds = (['chromium', 'firefox'] as const).filter((kind) => programs[kind])

it.skipIf(!hasPrograms || kinds.length === 0)(
  'the page, a bare EventSource, has every lead once after a rolling restart, in each browser',
  async () => {
    await using cluster = await startCluster()
    const complaints: string[] = []
    const open = async (kind: (typeof kinds)[number]) => {
      const browser = await launch(kind, programs[kind] as string)
      const page = await browser.newPage({ viewport: { width: 390, height: 700 } })
      page.on('pageerror', (error) => complaints.push(`${kind}: ${error}`))
      await page.goto(cluster.origin)
      return { kind, browser, page }
    }
    const windows = await Promise.all(kinds.map(open))
    const shown = (text: string) =>
      Promise.all(windows.map(({ page }) => page.getByText(text, { exact: text === 'live' }).waitFor()))
    const publish = (name: string) => windows[0]?.page.getByRole('button', { name }).click()

    await shown('live')
    await publish('Publish 100')
    await shown('100 leads so far')
    const broken = windows.map(({ page }) => untilBroken(page))
    const restarted = cluster.restart()
    await Promise.race(broken)
    await publish('Publish a lead')
    await Promise.all([restarted, ...broken])
    await shown('live')
    await publish('Publish 100')
    await shown('201 leads so far')
    for (const { kind, browser, page } of windows) {
      await expectAccessible(page)
      await savePicture(page, import.meta.dirname, kind)
      await browser.close()
    }
    expect(complaints).toEqual([])
  },
  120_000,
)

/** Resolves when the page says that its connection broke, however short. */
function untilBroken(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const state = document.querySelector('#state') as Element
        const look = () => state.textContent === 'coming back' && resolve()
        new MutationObserver(look).observe(state, { childList: true })
        look()
      }),
  )
}

import { existsSync } from 'node:fs'
import { freePort } from '@sse/test-support/free-port'
import lighthouse, { desktopConfig } from 'lighthouse'
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBrowser } from '../lead-desk/browser.ts'
import { dist, serveSite } from './site-server.ts'

const LEAST = 95
const PAGES = ['/', '/guides/notify-one-person', '/api/contract']
/** On a desktop, `site.test.ts` runs axe on the other pages; what else is asked here depends on no width. */
const RUNS = [...PAGES.map((page) => ['phone', page] as const), ['desktop', '/'] as const]
const path = requireBrowser('chromium')

describe.skipIf(!existsSync(dist) || !path)('Lighthouse', () => {
  let site: Awaited<ReturnType<typeof serveSite>>
  let browser: Browser
  let port: number
  beforeAll(async () => {
    site = await serveSite()
    port = await freePort()
    browser = await chromium.launch({
      executablePath: path as string,
      args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${port}`],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
  })

  it.each(RUNS)(
    'gives 95 or more for accessibility, best practices and SEO on a %s: %s',
    async (device, page) => {
      const flags = {
        port,
        logLevel: 'silent' as const,
        // Performance is measured where it is hardest.
        onlyCategories: [
          ...(device === 'phone' ? ['performance'] : []),
          'accessibility',
          'best-practices',
          'seo',
        ],
        disableFullPageScreenshot: true,
      }
      const result = await lighthouse(
        site.origin + page,
        flags,
        device === 'desktop' ? desktopConfig : undefined,
      )
      const { categories, audits } = result?.lhr ?? {}
      const scores = Object.fromEntries(
        Object.entries(categories ?? {}).map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)]),
      )
      const shift = audits?.['cumulative-layout-shift']?.numericValue
      console.log(`${page} on a ${device}: ${JSON.stringify(scores)}, layout shift ${shift}`)
      const failed = Object.values(audits ?? {})
        .filter(({ score, scoreDisplayMode }) => score === 0 && scoreDisplayMode === 'binary')
        .map(({ id }) => id)
      // Machines are too different for a promise about time.
      const { performance: _, ...stable } = scores
      expect(
        Object.entries(stable).filter(([, score]) => score < LEAST),
        failed.join(' '),
      ).toEqual([])
      // A font that arrives late may move a line by a hair.
      if (device === 'phone') expect(shift).toBeLessThan(0.005)
    },
    180_000,
  )
})

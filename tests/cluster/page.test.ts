import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { expectAccessible, launch, requireBrowser } from '../lead-desk/browser.ts'
import { hasPrograms, startCluster } from './start-cluster.ts'

const pictures = fileURLToPath(new URL('__screenshots__/', import.meta.url))
mkdirSync(pictures, { recursive: true })

const programs = { chromium: requireBrowser('chromium'), firefox: requireBrowser('firefox') }
describe.each(['chromium', 'firefox'] as const)('in %s', (kind) => {
  const program = programs[kind]
  it.skipIf(!hasPrograms || !program)(
    'the page, a bare EventSource, has every lead once after a rolling restart',
    async () => {
      await using cluster = await startCluster()
      const browser = await launch(kind, program as string)
      const page = await browser.newPage({ viewport: { width: 390, height: 700 } })
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(cluster.origin)
      await page.getByText('live', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Publish 100' }).click()
      await page.getByText('100 leads so far').waitFor()
      const restarted = cluster.restart()
      await page.getByText('coming back').waitFor()
      await page.getByRole('button', { name: 'Publish a lead' }).click()
      await restarted
      await page.getByText('live', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Publish 100' }).click()
      await page.getByText('201 leads so far').waitFor()
      await expectAccessible(page)
      await page.screenshot({ path: `${pictures}${kind}.png` })
      await browser.close()
      expect(complaints).toEqual([])
    },
    60_000,
  )
})

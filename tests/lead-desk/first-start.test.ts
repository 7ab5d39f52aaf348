import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launch, openAs, requireBrowser } from './browser.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
/** What a fresh clone does not have. */
const MADE = new Set(['.git', 'node_modules', 'dist', 'data', '.cache'])
const chromium = requireBrowser('chromium')

let clone = ''
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'first-start-'))
  cpSync(repository, clone, { recursive: true, filter: (path) => !MADE.has(basename(path)) })
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

it.skipIf(!chromium)(
  'where nothing is installed, `npm start` shows the lead desk, and somebody signs in',
  { timeout: 120_000 },
  async () => {
    await using program = startProgram('npm', ['start'], {
      cwd: clone,
      env: { PORT: String(await freePort()), LEAD_DESK_DATA: join(clone, 'kept') },
    })
    const [url] = await program.says(/http:\S+/)
    const browser = await launch('chromium', chromium as string)
    try {
      const { page } = await openAs(browser, url, 'Ada')
      await page.getByText('Live', { exact: true }).waitFor()
      expect(program.output).not.toMatch(/error/i)
    } finally {
      await browser.close()
    }
  },
)

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type BrowserType, chromium, firefox } from 'playwright'
import type { RowName } from './rows.ts'
import type { Shape } from './stream.ts'

const BROWSERS: Record<string, { type: BrowserType; path: string }> = {
  Chromium: { type: chromium, path: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium' },
  Firefox: { type: firefox, path: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr' },
}

/** Those that are on this machine. */
export const browsers: string[] = Object.keys(BROWSERS).filter((name) =>
  existsSync(BROWSERS[name]?.path ?? ''),
)

export interface Page {
  run(row: RowName, shape: Shape): Promise<{ ms: number; problem?: string }>
  close(): Promise<void>
}

/** A page per row, for the same reason as a process per row. */
export async function openPage(browser: string): Promise<Page> {
  const { type, path } = BROWSERS[browser] as { type: BrowserType; path: string }
  const entry = fileURLToPath(new URL('./page.ts', import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    minify: true,
    conditions: ['@sse/source'],
    logLevel: 'error',
  })
  const running = await type.launch({
    executablePath: path,
    // A Firefox as it is shipped, not one of Playwright's own.
    ...(type === firefox ? { channel: 'moz-firefox' } : { args: ['--no-sandbox'] }),
  })
  const pages = new Map<RowName, Awaited<ReturnType<typeof running.newPage>>>()
  return {
    async run(row, shape) {
      let page = pages.get(row)
      if (!page) {
        page = await running.newPage()
        await page.addScriptTag({ content: outputFiles[0]?.text ?? '' })
        pages.set(row, page)
      }
      return page.evaluate(
        ([name, given]) =>
          (globalThis as unknown as { runRow(name: string, shape: Shape): Promise<{ ms: number }> }).runRow(
            name,
            given,
          ),
        [row, shape] as const,
      )
    },
    close: () => running.close(),
  }
}

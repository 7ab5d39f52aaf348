import { missing } from '@sse/test-support/require-program'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, firefox, type Page } from 'playwright'
import { expect } from 'vitest'
import { browsers } from '../../vitest.shared.ts'
import { savePicture } from '../support/save-picture.ts'
import { PASSWORD } from './desk.ts'

export type Kind = keyof typeof browsers
/** Colour schemes of a page, see `Page.emulateMedia`. Firefox takes them from its preferences only. */
export const SCHEMES = ['light', 'dark'] as const

/** Where that browser is; a missing one is said once, and in CI a failure. */
export const requireBrowser = (kind: Kind) =>
  browsers[kind] ?? missing(`lead desk in ${kind} (set CHROMIUM_PATH, FIREFOX_PATH)`)

export function launch(kind: Kind, executablePath: string): Promise<Browser> {
  if (kind === 'chromium') {
    return chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
    })
  }
  return firefox.launch({
    executablePath,
    // Only this channel drives the browser Debian ships.
    channel: 'moz-firefox',
  })
}

/** A page of its own, with cookies of its own, and what it complained of. */
export interface Window {
  page: Page
  /** Errors and warnings in its console. */
  complaints: string[]
}

export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const page = await browser.newPage(options)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(url)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  return { page, complaints }
}

export async function signInAs(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByText(name, { exact: true }).click()
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export async function openAs(
  browser: Browser,
  url: string,
  name: string,
  options?: BrowserContextOptions,
): Promise<Window> {
  const opened = await open(browser, url, options)
  await signInAs(opened.page, name)
  await opened.page.getByText('Live', { exact: true }).waitFor()
  return opened
}

/** No violation of any of axe's rules on the page as it is. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  expect(found).toEqual([])
}

/**
 * Expects that the page scrolls sideways neither at a desktop's nor at a phone's width, and that its console is empty so
 * far: a picture needs a style that the page's security policy refuses.
 */
export async function expectFits({ page, complaints }: Window, name: string): Promise<void> {
  expect(complaints).toEqual([])
  const before = page.viewportSize()
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 })
    const hidden = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
    expect(await page.evaluate(hidden)).toBe(0)
    await savePicture(page, import.meta.dirname, `${name}-${width}`)
  }
  if (before) await page.setViewportSize(before)
}

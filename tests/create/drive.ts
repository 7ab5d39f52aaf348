import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from '@sse/test-support/program'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, launch, requireBrowser } from '../lead-desk/browser.ts'
import { savePicture } from '../support/save-picture.ts'
import { type App, type AppOptions, createApp } from './app.ts'
import { readRow, rowOf, type Shown } from './frameworks-page.ts'

/** Larger frameworks take most of a minute on a busy machine, to build and for the first page in development. */
const SLOW_MS = 240_000
/**
 * Within which a server must notice that a client has left, in one of so many attempts: workerd notices at its second
 * heartbeat, and has one each second.
 */
const GONE = { timeout: 2_000, interval: 20 }
const GONE_ATTEMPTS = 3
/** Within which a page must show what happened, reconnecting included. */
const SHOWN = { timeout: 20_000 }
/** Within which a development server must load a saved module: some build the whole server again. */
const RELOADED = { timeout: 60_000 }

export interface DriveOptions extends AppOptions {
  /** The script that runs the built app. Default `start`. `undefined` for a template without. */
  readonly start?: string | undefined
  /** The script that builds it. Default `build`. `undefined` for a template without. */
  readonly build?: string | undefined
  /** The script that runs it for development. Default `dev`. `undefined` for a template without. */
  readonly dev?: string | undefined
  /** The module that creates the hub, for the test that saves it. Default `hub.ts`. */
  readonly hubFile?: string
  /** Whether the events outlive the server. Default `true`. */
  readonly isDurable?: boolean
  /** Whether the server notices a client that left. Default `true`; `false` for a host that does not pass it on. */
  readonly noticesLeaving?: boolean
  /** Adds tests of this template, which use the same app. It is built, and not running. */
  readonly also?: (app: () => App) => void
}

/** Creates an app from a template, builds it, and drives it as people would: what every template must do. */
export function driveTemplate(template: string, options: DriveOptions = {}): void {
  const browserPath = requireBrowser('chromium')
  const { start = 'start', build = 'build', dev = 'dev', hubFile = 'hub.ts' } = options
  const { isDurable = true, noticesLeaving = true } = options

  describe.skipIf(!browserPath)(`the template ${template}`, () => {
    const shown: Shown = 'dev' in options && !options.dev ? { saving: 'is deployed' } : {}
    let app: App
    let browser: Browser
    beforeAll(async () => {
      ;[app, browser] = await Promise.all([
        createApp(template, options),
        launch('chromium', browserPath as string),
      ])
      await app.run('types')
      if ('build' in options ? options.build : build) await app.run(build)
      expect(existsSync(join(app.folder, '../room.db')), 'the build opened the store').toBe(false)
    }, SLOW_MS)
    afterAll(async () => {
      await browser?.close()
      app?.[Symbol.dispose]()
    })

    it('shows published messages, notices a client that leaves, and resumes after the server was killed', {
      timeout: SLOW_MS,
    }, async () => {
      let server = await app.serve(start)
      try {
        const { page, complaints } = await open(browser, app)
        await say(page, 'one')
        await expect.poll(() => messages(page), SHOWN).toEqual(['one'])
        await savePicture(page, import.meta.dirname, template)
        await expectAccessible(page)
        await page.setViewportSize({ width: 390, height: 700 })
        await savePicture(page, import.meta.dirname, `${template}-390`)
        expect(complaints).toEqual([])

        if (noticesLeaving) await expectNoticed(browser, app)
        shown.leaving = noticesLeaving ? 'within 2 s' : 'at the end of the connection'

        await server.stop('SIGKILL')
        await expect.poll(() => status(page), SHOWN).not.toBe('open')
        server = await app.serve(start)
        await publish(app, 'two')
        await expect.poll(() => status(page), SHOWN).toBe('open')
        await publish(app, 'three')
        const after = isDurable ? ['one', 'two', 'three'] : expect.arrayContaining(['one', 'three'])
        await expect.poll(async () => (await messages(page)).toReversed(), SHOWN).toEqual(after)
        shown.resuming = isDurable ? 'misses nothing' : 'gets new events'
      } finally {
        await closePages(browser)
        await server.stop()
      }
    })

    it.skipIf('dev' in options && !options.dev)(
      'has one hub in development, also after its module was saved',
      { timeout: SLOW_MS },
      async () => {
        const server = await app.serve(dev)
        try {
          const { page } = await open(browser, app)
          await publish(app, 'before')
          await expect.poll(() => messages(page), SHOWN).toContain('before')
          await save(join(app.folder, hubFile), server, app)
          await expect.poll(() => status(page), SHOWN).toBe('open')
          await publish(app, 'after')
          await expect.poll(() => messages(page), SHOWN).toContain('after')
          expect((await messages(page)).filter((text) => text === 'after')).toHaveLength(1)
          await expect.poll(() => online(app), SHOWN).toBe(1)
          await page.context().close()
          if (noticesLeaving) await expect.poll(() => online(app), SHOWN).toBe(0)
          shown.saving = 'leaves one hub'
        } finally {
          await closePages(browser)
          await server.stop()
        }
      },
    )

    it('is described by its row in the table of frameworks', () => {
      const row = rowOf(template, shown)
      expect(readRow(template, row), 'run it with UPDATE_DOCS=1').toBe(row)
    })

    options.also?.(() => app)
  })
}

/** Opens the page in a window with its own cookies, and waits until its stream is open. */
async function open(browser: Browser, app: App): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 700 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(app.origin)
  await expect.poll(() => status(page), { timeout: 60_000 }).toBe('open')
  return { page, complaints }
}

/** A page that stays open would reconnect to the server of the next test. */
async function closePages(browser: Browser): Promise<void> {
  await Promise.all(browser.contexts().map((context) => context.close()))
}

/** Expects that the server notices a second page that is closed. */
async function expectNoticed(browser: Browser, app: App): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { page } = await open(browser, app)
    await expect.poll(() => online(app), SHOWN).toBe(2)
    await page.context().close()
    try {
      return await expect.poll(() => online(app), GONE).toBe(1)
    } catch (error) {
      if (attempt === GONE_ATTEMPTS) throw error
      await expect.poll(() => online(app), SHOWN).toBe(1)
    }
  }
}

const status = (page: Page) => page.getByRole('status').textContent()

const messages = (page: Page) => page.getByTestId('messages').getByRole('listitem').allInnerTexts()

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text)
  await page.getByRole('button', { name: 'Publish' }).click()
}

/** Publishes as a program would. */
async function publish(app: App, text: string): Promise<void> {
  const response = await fetch(`${app.origin}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: app.origin },
    body: JSON.stringify({ text }),
  })
  expect(response.status).toBe(204)
}

async function online(app: App): Promise<number> {
  const response = await fetch(`${app.origin}/api/online`)
  return ((await response.json()) as { connections: number }).connections
}

/** Saves a module of the server, and waits until it was loaded again. */
async function save(file: string, server: Program, app: App): Promise<void> {
  appendFileSync(file, `\nconsole.log('the hub was loaded again')\n`)
  // Some load a module when a request needs it.
  const isLoaded = () =>
    online(app).then(
      () => server.output.includes('the hub was loaded again'),
      () => false,
    )
  await expect.poll(isLoaded, RELOADED).toBe(true)
}

import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  expectAccessible,
  expectFits,
  launch,
  open,
  openAs,
  requireBrowser,
  SCHEMES,
  signInAs,
  type Window,
} from './browser.ts'
import { type Desk, nextTitles, signIn, startDesk } from './desk.ts'

/** A machine that is busy takes its time to show things. */
const patience = { timeout: 30_000 }
vi.setConfig({ testTimeout: 90_000 })
const leadsOn = (page: Page) => page.locator('.lead h2').allTextContents()
const unreadOn = (page: Page) => page.getByTestId('unread').textContent()
/** A connection that breaks is told to the console by the browser itself. */
const isAboutConnection = (text: string) => /ERR_|Failed to load|NetworkError|interrupted/.test(text)
const news = (page: Page) => page.locator('.news').textContent()

describe.each(['chromium', 'firefox'] as const)('the lead desk in %s', (kind) => {
  const path = requireBrowser(kind)
  let browser: Browser
  let desk: Desk
  beforeAll(async () => {
    if (!path) return
    browser = await launch(kind, path)
    desk = await startDesk()
  })
  afterAll(async () => {
    await browser?.close()
    await desk?.[Symbol.asyncDispose]()
  })

  it.skipIf(!path)('fills the inbox live, counts, and marks as read', async () => {
    const ada = await openAs(browser, desk.url, 'Ada')
    const dana = await openAs(browser, desk.url, 'Dana')
    await expect.poll(() => unreadOn(ada.page), patience).toBe('0 unread')
    // Gone after a reload, which must not happen.
    await ada.page.evaluate(() => Object.assign(globalThis, { isSame: true }))

    await dana.page.locator('[data-person=ada][data-online=true]').waitFor()
    await dana.page.getByLabel('What is it about?').fill('Solar roof')
    await dana.page.getByLabel('Company').fill('Elm Street School')
    await dana.page.getByLabel('Phone').fill('+49 30 123 456')
    await dana.page.getByLabel('Value').fill('12500')
    await dana.page.getByRole('combobox', { name: 'To' }).selectOption('ada')
    await dana.page.getByRole('button', { name: 'Assign', exact: true }).click()
    await dana.page.getByText('Solar roof is assigned to Ada').waitFor()
    expect(await dana.page.getByLabel('What is it about?').inputValue()).toBe('')

    await expect.poll(() => leadsOn(ada.page), patience).toEqual(['NewSolar roof'])
    expect(await unreadOn(ada.page)).toBe('1 unread')
    expect(await news(ada.page)).toBe('New lead: Solar roof, Elm Street School')
    expect(await ada.page.title()).toBe('(1) Inbox · Lead desk')
    expect(await ada.page.locator('.value').textContent()).toBe('€12,500')

    for (const count of [2, 3]) {
      await dana.page.getByRole('button', { name: 'Assign a random lead' }).click()
      await expect.poll(() => unreadOn(ada.page), patience).toBe(`${count} unread`)
    }
    // The second of three, newest first: it and the one before it are read, the newest is not.
    await ada.page
      .getByRole('button', { name: /^Mark as read up to here/ })
      .nth(1)
      .click()
    await expect.poll(() => unreadOn(ada.page), patience).toBe('1 unread')
    const team = dana.page.locator('[data-person=ada] .count')
    await expect.poll(() => team.textContent(), patience).toBe('1 unread')
    await ada.page.getByRole('button', { name: 'Mark all as read' }).click()
    await expect.poll(() => unreadOn(ada.page), patience).toBe('0 unread')
    await expect.poll(() => team.textContent(), patience).toBe('0 unread')

    expect(await ada.page.evaluate(() => 'isSame' in globalThis)).toBe(true)
    await expectFits(ada, `${kind}-inbox-read`)
    await expectFits(dana, `${kind}-desk-read`)
    await ada.page.context().close()
    await dana.page.context().close()
  })

  it.skipIf(!path)(
    'a server that is killed and started again has lost nothing, and the page says so',
    async () => {
      const chloe = await openAs(browser, desk.url, 'Chloe')
      await chloe.page.getByRole('button', { name: 'Send me a lead' }).click()
      await expect.poll(() => unreadOn(chloe.page), patience).toBe('1 unread')
      const before = await leadsOn(chloe.page)

      await desk.stop('SIGKILL')
      await chloe.page.getByText('Reconnecting').waitFor(patience)
      await desk.start()
      await (await signIn(desk, 'dana')).assign('chloe', 'After the crash')
      await expect.poll(() => leadsOn(chloe.page), patience).toEqual(['NewAfter the crash', ...before])
      await chloe.page.getByText('Live', { exact: true }).waitFor()
      expect(chloe.complaints.filter((text) => !isAboutConnection(text))).toEqual([])
      await chloe.page.context().close()
    },
  )

  it.skipIf(!path)('works with the keyboard alone', async () => {
    const { page } = await open(browser, desk.url)
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    await page.getByRole('radio', { name: 'Dana' }).focus()
    await press('ArrowDown', 'Tab')
    await page.keyboard.type('show me leads')
    const loaded = page.waitForResponse((response) => response.url().includes('/api/inbox/'))
    await press('Enter')
    await page.getByText('Live', { exact: true }).waitFor()
    const before = (await (await loaded).json()).leads.length
    await expect.poll(() => page.locator('.lead').count(), patience).toBe(before)
    await press('Tab', 'Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Send me a lead')
    await press('Enter')
    await expect.poll(() => page.locator('.lead').count(), patience).toBe(before + 1)
    await page.context().close()
  })

  // Firefox can differ in the above. The rest depends on the app alone.
  if (kind === 'firefox') return

  it.skipIf(!path)('whoever was away finds what came meanwhile, also on another device', async () => {
    const ben = await openAs(browser, desk.url, 'Ben')
    const dana = await openAs(browser, desk.url, 'Dana')
    await dana.page.locator('[data-person=ben][data-online=true]').waitFor()
    await ben.page.context().close()
    await dana.page.locator('[data-person=ben][data-online=false]').waitFor(patience)

    const boss = await signIn(desk, 'dana')
    for (const title of ['One', 'Two']) await boss.assign('ben', title)
    const laptop = await openAs(browser, desk.url, 'Ben')
    await expect.poll(() => leadsOn(laptop.page), patience).toEqual(['NewTwo', 'NewOne'])
    expect(await news(laptop.page)).toBe('2 leads have been waiting for you')

    // What is read here is read there.
    const phone = await openAs(browser, desk.url, 'Ben', { viewport: { width: 360, height: 740 } })
    await expect.poll(() => unreadOn(phone.page), patience).toBe('2 unread')
    await laptop.page.getByRole('button', { name: 'Mark all as read' }).click()
    await expect.poll(() => unreadOn(phone.page), patience).toBe('0 unread')

    expect([...dana.complaints, ...laptop.complaints, ...phone.complaints]).toEqual([])
    for (const { page } of [dana, laptop, phone]) await page.context().close()
  })

  it.skipIf(!path)('a gap in the history is filled from the database', async () => {
    await using small = await startDesk({ LEAD_DESK_MAX_EVENTS: '8' })
    const dana = await signIn(small, 'dana')
    await dana.assign('chloe', 'Lead 0')
    const { page, complaints } = await openAs(browser, small.url, 'Chloe')
    await expect.poll(() => leadsOn(page), patience).toEqual(['NewLead 0'])

    // The page is kept from coming back until there have been more events than the hub keeps.
    await page.route('**/leads/chloe', (route) => route.abort())
    await small.stop()
    await page.getByText('Reconnecting').waitFor(patience)
    await small.start()
    for (let n = 1; n <= 12; n += 1) await dana.assign('chloe', `Lead ${n}`)
    const scripted = await signIn(small, 'chloe')
    // A device that was never here before starts at the oldest lead that is left.
    const oldestLead = async () => {
      using feed = scripted.follow('chloe')
      return (await nextTitles(feed, 1)).titles
    }
    await expect.poll(oldestLead, { timeout: 30_000, interval: 500 }).toEqual(['Lead 5'])

    await page.unroute('**/leads/chloe')
    await expect.poll(() => unreadOn(page), patience).toBe('13 unread')
    expect(await leadsOn(page)).toEqual(Array.from({ length: 13 }, (_, n) => `NewLead ${12 - n}`))
    expect(complaints.filter((text) => !isAboutConnection(text))).toEqual([])
    await page.context().close()
  })

  it.skipIf(!path)('says what is wrong with a sign-in, and lets nobody see more', async () => {
    const { page, complaints } = await open(browser, desk.url)
    await signInAs(page, 'Ada', 'guess')
    await page.getByText('That is not the password').waitFor()
    expect(await page.getByRole('heading', { name: 'Inbox' }).count()).toBe(0)
    // The one thing in the console is the browser's own line about the 401.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
    await page.context().close()
  })

  it.skipIf(!path)('is signed out by its button, and by a session that has ended', async () => {
    const { page } = await openAs(browser, desk.url, 'Ada')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Who are you?').waitFor()
    await page.reload()
    await page.getByText('Who are you?').waitFor()
    await signInAs(page, 'Ada')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.context().clearCookies()
    await desk.stop()
    await desk.start()
    await page.getByText('Who are you?').waitFor(patience)
    await page.context().close()
  })

  it.skipIf(!path)('is accessible, and fits a phone and a wide screen, in light and dark', async () => {
    await using fresh = await startDesk()
    const options = { reducedMotion: 'reduce' } as const
    const check = async (window: Window, name: string) => {
      for (const colorScheme of SCHEMES) {
        await window.page.emulateMedia({ colorScheme })
        await expectAccessible(window.page)
        await expectFits(window, `${kind}-${colorScheme}-${name}`)
      }
    }
    const lobby = await open(browser, fresh.url, options)
    await check(lobby, 'sign-in')

    const dana = await signIn(fresh, 'dana')
    const ada = await openAs(browser, fresh.url, 'Ada', options)
    await ada.page.getByText('Nothing yet').waitFor()
    await expectAccessible(ada.page)
    const leads = [
      {
        title: 'Fleet of six electric vans',
        company: 'Delta Freight',
        phone: '+49 30 555 010',
        value: 48_000,
      },
      { title: 'Support contract up for renewal', company: 'Harbour Books', value: 2_000 },
      { title: 'Translation of the product catalogue', company: 'Fjord Fish', phone: '+49 30 555 011' },
      {
        title: 'Quote for a solar roof',
        company: 'Elm Street School',
        phone: '+49 30 555 012',
        value: 51_500,
      },
    ]
    for (const lead of leads) {
      const key = { 'idempotency-key': crypto.randomUUID() }
      await dana.post('/api/leads', { ...lead, owner: 'ada' }, key)
    }
    await expect.poll(() => unreadOn(ada.page), patience).toBe('4 unread')
    await ada.page
      .getByRole('button', { name: /^Mark as read up to here/ })
      .nth(2)
      .click()
    await expect.poll(() => unreadOn(ada.page), patience).toBe('2 unread')
    await check(ada, 'inbox')

    const desktop = await openAs(browser, fresh.url, 'Dana', options)
    await desktop.page.getByText('2 unread').waitFor()
    await desktop.page.getByText('1 of 3 online').waitFor()
    await check(desktop, 'desk')
    for (const { page } of [lobby, ada, desktop]) await page.context().close()
  })
})

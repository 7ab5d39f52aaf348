import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { engines, startEngine } from '../fleet/engines/start-engine.ts'
import { launch, openAs, requireBrowser } from './browser.ts'
import { signIn, startDesk } from './desk.ts'
import { assignLeads, Device, killNowAndThen, type Owner, owners } from './fault-run.ts'

/** For a longer run: `LEAD_DESK_FAULT_SECONDS=60 node scripts/dev.mjs unit tests/lead-desk/faults.test.ts` */
const { LEAD_DESK_FAULT_SECONDS } = process.env
const patience = { timeout: 30_000, interval: 200 }

const chromium = requireBrowser('chromium')

describe.each(engines)('the lead desk on %s', (name) => {
  // The page knows nothing of the engine: one of them has it open.
  const isShown = name === 'sqlite'
  const seconds = Number(LEAD_DESK_FAULT_SECONDS ?? 3)
  it(`every lead is seen once by its owner, and in order, while the server is killed for ${seconds} s`, {
    timeout: (seconds + 90) * 1_000,
  }, async () => {
    await using engine = await startEngine(name)
    await using desk = await startDesk({ LEAD_DESK_ENGINE: name === 'sqlite' ? name : engine.url })
    const dana = await signIn(desk, 'dana')
    const sessions = await Promise.all(owners.map((owner) => signIn(desk, owner)))
    const devices = owners.flatMap((owner, index) => {
      const session = sessions[index]!
      return [new Device(desk, session, owner), new Device(desk, session, owner)]
    })
    await expect.poll(() => devices.every(({ isPlaced }) => isPlaced), patience).toBe(true)
    const browser = isShown && chromium ? await launch('chromium', chromium) : undefined
    const window = browser && (await openAs(browser, desk.url, 'Ada'))

    const over = new AbortController()
    const work = Promise.all([
      Promise.all([1, 2, 3].map(() => assignLeads(dana, over.signal))),
      killNowAndThen(desk, over.signal),
      // One device of each person is switched off and on.
      ...devices.filter((_device, index) => index % 2 === 1).map((device) => device.flicker(over.signal)),
    ])
    await Promise.race([setTimeout(seconds * 1_000), work])
    over.abort()
    const [publishers, kills] = await work

    const expected = readLeads(desk.data)
    const made = publishers.flatMap((publisher) => publisher.made).sort((a, b) => a.id - b.id)
    // What was answered with 201 is there, and nothing was made twice for having been asked for twice.
    expect(made.length).toBe(new Set(made.map(({ id }) => id)).size)
    for (const owner of owners) {
      const ids = made.filter((lead) => lead.owner === owner).map(({ id }) => id)
      expect(expected[owner]).toEqual(ids)
    }

    for (const device of devices) {
      const wanted = expected[device.owner]
      await expect.poll(() => device.seen.at(-1), patience).toBe(wanted.at(-1))
      expect(device.seen).toEqual(wanted)
      expect(device.gaps).toBe(0)
      device.switchOff()
    }
    if (window) {
      const shown = () =>
        window.page.locator('.lead').evaluateAll((cards) => cards.map((card) => Number(card.dataset.lead)))
      await expect.poll(shown, patience).toEqual(expected.ada.toReversed())
      expect(await window.page.getByTestId('unread').textContent()).toBe(`${expected.ada.length} unread`)
    }
    await browser?.close()

    expect(kills).toBeGreaterThanOrEqual(Math.max(1, Math.floor(seconds / 6)))
    const retries = publishers.reduce((sum, publisher) => sum + publisher.retries, 0)
    console.log(
      `${name}: ${kills} kills, ${made.length} leads, ${retries} requests made again, ${devices.length} devices`,
    )
  })
})

/** What the database says: each person's leads, in order. */
function readLeads(folder: string): Record<Owner, number[]> {
  const db = new DatabaseSync(`${folder}/lead-desk.db`, { readOnly: true })
  const rows = db.prepare('SELECT id, owner FROM leads ORDER BY id').all()
  db.close()
  const of = (owner: Owner) => rows.filter((row) => row.owner === owner).map(({ id }) => Number(id))
  return { ada: of('ada'), ben: of('ben'), chloe: of('chloe') }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assignLead } from '@sse-examples/lead-desk/assign-lead'
import { openStore } from '@sse-examples/lead-desk/store'
import { inboxOf } from '@sse-examples/lead-desk/stream'
import { describe, expect, it } from 'vitest'
import type { Record } from '../../examples/lead-desk/server/store.ts'
import { engines, startEngine } from '../fleet/engines/start-engine.ts'
import { nextTitles, signIn, startDesk } from './desk.ts'

describe('a lead and its event', () => {
  it('are stored together, and once however often it is asked for', async () => {
    await using desk = await startDesk()
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    using feed = ada.follow('ada')
    const next = nextTitles(feed, 2)
    const first = await (await dana.assign('ada', 'Solar roof', 'request-1')).json()
    const second = await (await dana.assign('ada', 'Solar roof', 'request-1')).json()
    expect(second).toEqual(first)
    await dana.assign('ada', 'Laptops')
    expect((await next).titles).toEqual(['Solar roof', 'Laptops'])
    const { leads } = await (await ada.get('/api/inbox/ada')).json()
    expect(leads.map(({ title }: { title: string }) => title)).toEqual(['Laptops', 'Solar roof'])
  })

  it.each(engines)('are both gone after a rollback, on %s', async (name) => {
    await using engine = await startEngine(name)
    const folder = mkdtempSync(join(tmpdir(), 'lead-desk-'))
    const store = await openStore(folder, { engine: name === 'sqlite' ? name : engine.url })
    const lead = { owner: 'ada', title: 'Never', company: 'Acme' }
    const asked = { assignedBy: 'dana', requestId: 'request-1' }
    const failing = {
      ...store,
      record: ((channel, event, payload) => {
        store.record(channel, event, payload)
        throw new Error('the disk is full')
      }) satisfies Record,
    }
    expect(() => assignLead(failing, lead, asked)).toThrow('the disk is full')
    expect(store.db.prepare('SELECT count(*) AS n FROM leads').get()?.n).toBe(0)

    // And nothing is in the way of the next one.
    assignLead(store, { ...lead, title: 'Now' }, asked)
    for await (const event of store.hub.subscribe(inboxOf('ada'), { subscriber: 'ada' })) {
      expect(event).toMatchObject({ event: 'lead', payload: { title: 'Now' } })
      break
    }
    await store.close()
    rmSync(folder, { recursive: true })
  })
})

describe('whoever was away', () => {
  it('gets what came meanwhile, on a new device, from the last acknowledged', async () => {
    await using desk = await startDesk()
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    for (const title of ['One', 'Two', 'Three']) await dana.assign('ada', title)
    {
      using laptop = ada.follow('ada')
      const { titles, id } = await nextTitles(laptop, 2)
      expect(titles).toEqual(['One', 'Two'])
      await laptop.ack(id)
    }
    await dana.assign('ben', 'Not for Ada')
    await dana.assign('ada', 'Four')

    const elsewhere = await signIn(desk, 'ada')
    using phone = elsewhere.follow('ada')
    expect((await nextTitles(phone, 2)).titles).toEqual(['Three', 'Four'])
  })

  it('gets it after a kill -9 and a restart too', async () => {
    await using desk = await startDesk()
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    using feed = ada.follow('ada')
    const next = nextTitles(feed, 1)
    await dana.assign('ada', 'One')
    const { id } = await next
    await feed.ack(id)
    await dana.assign('ada', 'Two')
    await desk.stop('SIGKILL')
    await desk.start()

    // The session is still good.
    expect((await dana.assign('ada', 'Three')).status).toBe(201)
    using other = ada.follow('ada')
    expect((await nextTitles(other, 2)).titles).toEqual(['Two', 'Three'])
  })

  it('is told of a gap when events have gone that it had not seen, and finds all in the database', async () => {
    await using desk = await startDesk()
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    await dana.assign('ada', 'One')
    using feed = ada.follow('ada', 'anotherlog-5')
    const gap = await new Promise((resolve) => feed.on('gap', resolve))
    expect(gap).toMatchObject({ reason: 'epoch' })
    const { leads } = await (await ada.get('/api/inbox/ada')).json()
    expect(leads).toMatchObject([{ title: 'One', isRead: false }])
  })

  it('sees on every device what was read on one', async () => {
    await using desk = await startDesk()
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    const { lead: first } = await (await dana.assign('ada', 'One')).json()
    const { lead: second } = await (await dana.assign('ada', 'Two')).json()
    const { lead: other } = await (await dana.assign('ben', 'Not hers')).json()
    using phone = ada.follow('ada')
    const read = new Promise((resolve) => phone.on('read', resolve))
    expect((await ada.post('/api/inbox/ada/read', { upTo: first.id })).status).toBe(204)
    expect(await read).toEqual({ upTo: first.id })
    // Neither backwards nor up to a lead of somebody else.
    await ada.post('/api/inbox/ada/read', { upTo: second.id })
    await ada.post('/api/inbox/ada/read', { upTo: first.id })
    await ada.post('/api/inbox/ada/read', { upTo: other.id })
    const { leads } = await (await ada.get('/api/inbox/ada')).json()
    expect(leads).toMatchObject([{ isRead: true }, { isRead: true }])
    await dana.assign('ada', 'Three')
    expect((await (await ada.get('/api/inbox/ada')).json()).leads[0].isRead).toBe(false)
  })
})

describe('a server that is stopped', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends at once with 0 after %s, with streams open',
    async (signal) => {
      await using desk = await startDesk()
      const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
      await dana.assign('ada', 'One')
      using feed = ada.follow('ada')
      const overview = await dana.get('/desk')
      await nextTitles(feed, 1)
      const before = performance.now()
      expect(await desk.stop(signal)).toBe(0)
      expect(performance.now() - before).toBeLessThan(2_500)
      await overview.body?.cancel()
    },
  )
})

import { DatabaseSync } from 'node:sqlite'
import { connect } from '@sse/client'
import { desk as deskStream } from '@sse-examples/lead-desk/stream'
import { describe, expect, it, vi } from 'vitest'
import { engines, isServer, startEngine } from '../fleet/engines/start-engine.ts'
import { nextTitles, signIn, startDesk } from './desk.ts'

describe.each(engines.filter(isServer))('the lead desk with its events on %s', (name) => {
  it('assigns while the engine is away, and everybody gets it once it is back', {
    timeout: 60_000,
  }, async () => {
    await using engine = await startEngine(name)
    await using desk = await startDesk({ LEAD_DESK_ENGINE: engine.url })
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    await dana.assign('ada', 'Before')
    await vi.waitUntil(() => countWaiting(desk.data) === 0, 20_000)
    await engine.server?.kill()
    expect((await dana.assign('ada', 'Meanwhile')).status).toBe(201)
    expect((await dana.assign('ada', 'And another')).status).toBe(201)
    expect(countWaiting(desk.data)).toBe(2)
    // What waits outlives the desk too.
    await desk.stop('SIGKILL')
    await engine.server?.start()
    await desk.start()
    using feed = ada.follow('ada')
    expect((await nextTitles(feed, 3)).titles).toEqual(['Before', 'Meanwhile', 'And another'])
  })

  it('an event that was published and is still in the outbox is published again, and stored once', {
    timeout: 60_000,
  }, async () => {
    await using engine = await startEngine(name)
    await using desk = await startDesk({ LEAD_DESK_ENGINE: engine.url })
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    const db = new DatabaseSync(`${desk.data}/lead-desk.db`, { timeout: 5_000 })
    db.exec("CREATE TRIGGER crash BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'crash'); END")
    await dana.assign('ada', 'One')
    using early = ada.follow('ada')
    expect((await nextTitles(early, 1)).titles).toEqual(['One'])
    expect(countWaiting(desk.data)).toBe(1)
    await desk.stop('SIGKILL')
    await desk.start()
    await vi.waitUntil(() => desk.output.includes('Events wait'), 20_000)
    db.exec('DROP TRIGGER crash')
    await dana.assign('ada', 'Two')
    await vi.waitUntil(() => countWaiting(desk.data) === 0, 20_000)
    using late = ada.follow('ada')
    expect((await nextTitles(late, 2)).titles).toEqual(['One', 'Two'])
    db.close()
  })

  // The contract refuses these events, whatever the engine.
  if (name !== 'redis') return

  it('moves an event that can never be published aside, and publishes the others', {
    timeout: 60_000,
  }, async () => {
    await using engine = await startEngine(name)
    await using desk = await startDesk({ LEAD_DESK_ENGINE: engine.url })
    const [dana, ada] = [await signIn(desk, 'dana'), await signIn(desk, 'ada')]
    const db = new DatabaseSync(`${desk.data}/lead-desk.db`, { timeout: 5_000 })
    const insert = db.prepare('INSERT INTO outbox (channel, event, data, key) VALUES (?, ?, ?, ?)')
    for (const [channel, event, data] of [
      ['ower:ada', 'read', '{"upTo":1}'],
      ['owner:ada', 'unknown', '{}'],
      ['owner:ada', 'read', '{"upTo":"x"}'],
      ['owner:ada', 'read', 'not JSON'],
    ]) {
      insert.run(channel as string, event as string, data as string, crypto.randomUUID())
    }
    await dana.assign('ada', 'After them')
    await vi.waitUntil(() => countWaiting(desk.data) === 0, 20_000)
    using feed = ada.follow('ada')
    expect((await nextTitles(feed, 1)).titles).toEqual(['After them'])
    const reasons = db.prepare('SELECT reason FROM outbox_rejected ORDER BY id').all()
    expect(reasons.map(({ reason }) => String(reason).split(':')[0])).toEqual([
      'SseError',
      'SseError',
      'SseError',
      'SyntaxError',
    ])
    // The dispatcher sees that an operator has to act.
    using overviews = connect(deskStream, { baseUrl: desk.url, headers: dana.headers })
    for await (const item of overviews) {
      expect(item.event === 'overview' && item.payload.rejected).toBe(4)
      break
    }
    db.close()
  })
})

it('says which engines there are when it is asked for another, and not what it was asked for', async () => {
  const started = startDesk({ LEAD_DESK_ENGINE: 'mysql://root:secret@localhost' })
  const message = await started.then(() => '', String)
  expect(message).toContain('LEAD_DESK_ENGINE has to be sqlite, or a URL: nats://…, postgres://…, redis://…')
  expect(message).not.toContain('secret')
})

function countWaiting(folder: string): number {
  const db = new DatabaseSync(`${folder}/lead-desk.db`, { readOnly: true })
  const row = db.prepare('SELECT count(*) AS waiting FROM outbox').get()
  db.close()
  return Number(row?.waiting)
}

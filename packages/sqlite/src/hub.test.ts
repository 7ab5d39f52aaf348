import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { STATE } from '@sse/test-support/read-options'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { type SqliteEngine, sqlite } from './index.ts'

const { newFile, connect } = engineScope()
const leads = defineStream({ path: '/leads/:owner', events: { lead: type<number>() } })

function openHub(file: string, engine: SqliteEngine = sqlite(file)) {
  return Object.assign(createHub(leads, { engine }), { engine })
}

/** The next events of channels, by what they hold. */
async function take(
  hub: ReturnType<typeof openHub>,
  count: number,
  options: { after?: string; subscriber?: string },
) {
  const taken: unknown[] = []
  for await (const { event, payload } of hub.subscribe(['a', 'b'], options)) {
    taken.push(event === 'lead' ? payload : event)
    if (taken.length === count) return taken
  }
  return taken
}

it('resumes after an id, and a durable subscriber, over a restart', async () => {
  const file = newFile()
  const ids: string[] = []
  {
    await using hub = openHub(file)
    for (const n of [1, 2, 3, 4]) ids.push(await hub.publish('a', 'lead', n))
    await hub.ack('ada', ids[2]!)
  }
  await using hub = openHub(file)
  expect(await take(hub, 3, { after: ids[0]! })).toEqual([2, 3, 4])
  expect(await take(hub, 1, { subscriber: 'ada' })).toEqual([4])
  expect(await hub.committed('ada')).toBe(ids[2])
  expect(await hub.publish('a', 'lead', 5)).not.toBe(ids[3])
  expect(await take(hub, 2, { after: ids[2]! })).toEqual([4, 5])
})

it('delivers rows with their events to the subscribers of every hub on the file, in one order', async () => {
  const file = newFile()
  await using hub = openHub(file)
  await using other = openHub(file)
  const db = connect(file, 'CREATE TABLE leads (id INTEGER PRIMARY KEY)')
  const start = await hub.publish('a', 'lead', 0)
  const taken = [hub, other].map((each) => take(each, 100, { after: start }))
  for (let n = 1; n <= 100; n += 2) {
    db.exec('BEGIN IMMEDIATE')
    db.exec(`INSERT INTO leads (id) VALUES (${n})`)
    hub.publishIn(db, 'a', 'lead', n)
    db.exec('COMMIT')
    await (n % 3 ? hub : other).publish('b', 'lead', n + 1)
  }
  const all = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(await Promise.all(taken)).toEqual([all, all])
})

it('stores a burst of publishes in a few commits', async () => {
  const file = newFile()
  const engine = sqlite(file)
  const append = engine.append.bind(engine)
  let commits = 0
  engine.append = (entries) => {
    commits++
    return append(entries)
  }
  await using hub = openHub(file, engine)
  await Promise.all(Array.from({ length: 1000 }, (_, n) => hub.publish('a', 'lead', n)))
  expect(commits).toBeLessThan(10)
  expect(await engine.read(0, STATE)).toMatchObject({ head: 1000 })
})

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub, memory } from '@sse/server'
import type { Engine, LogInspector } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { inspectSqlite } from '@sse/sqlite/inspect'
import { isListening } from '@sse/test-support/is-listening'
import { startProgram } from '@sse/test-support/program'
import { expect, it } from 'vitest'
import { importPage } from './import-page.ts'

const code = await importPage('docs/guides/from-one-process-to-many.md')
const PATIENT = { timeout: 20_000 }
const inbox = defineStream({
  path: '/inbox',
  channels: ['person:{id}', 'everyone'],
  events: { lead: type<{ title: string }>() },
})

it('an event that one process of the cluster publishes reaches the clients of all', {
  timeout: 90_000,
}, async () => {
  const options = ['--conditions=@sse/source', `${code.folder}cluster.ts`]
  const program = startProgram(process.execPath, options)
  const port = Number(new URL(code.origin).port)
  await expect.poll(() => isListening(port), PATIENT).toBe(true)
  const seen: string[][] = Array.from({ length: 8 }, () => [])
  const feeds = seen.map((titles) => {
    const feed = connect(inbox, { baseUrl: code.origin, headers: { 'x-user': 'ada' } })
    feed.on('lead', ({ title }) => titles.push(title))
    return feed
  })
  await expect.poll(() => feeds.every(({ status }) => status.state === 'open'), PATIENT).toBe(true)
  const processes = new Set<string>()
  const sent: string[] = []
  while (processes.size < 2) {
    sent.push(`Lead${sent.length}`)
    // A new connection each time: the processes take turns.
    const headers = { connection: 'close' }
    const response = await fetch(`${code.origin}/leads/ada/${sent.at(-1)}`, { method: 'POST', headers })
    processes.add(await response.text())
  }
  await expect.poll(() => seen, PATIENT).toEqual(seen.map(() => sent))
  for (const feed of feeds) feed.close()
  await program.stop('SIGKILL')
})

it('a moved log keeps the order, and a person continues after what they acknowledged', async () => {
  const { moveLog } = await code.load<{ moveLog(from: LogInspector, to: Engine): Promise<void> }>(
    'move-log.ts',
  )
  const file = join(mkdtempSync(join(tmpdir(), 'sse-move-')), 'inbox.db')
  const old = createHub(inbox, { engine: sqlite(file) })
  const ids: string[] = []
  for (let n = 0; n < 10; n += 1) {
    ids.push(await old.publish(n % 2 ? 'everyone' : 'person:ada', 'lead', { title: `Lead ${n}` }))
    if (n === 4) await old.revoke('ben')
  }
  await old.ack('ada', ids[5] as string)
  await old.close()

  const engine = memory()
  const inspector = inspectSqlite(file)
  await moveLog(inspector, engine)
  await moveLog(inspector, engine)
  const hub = createHub(inbox, { engine })
  const read = async (subscriber: string) => {
    const titles: string[] = []
    const events = hub.subscribe(['person:ada', 'everyone'], { subscriber, untilHead: true })
    for await (const { event, payload } of events) titles.push(event === 'lead' ? payload.title : event)
    return titles
  }
  expect(await read('ada')).toEqual(['Lead 6', 'Lead 7', 'Lead 8', 'Lead 9'])
  expect(await read('new')).toEqual(Array.from({ length: 10 }, (_, n) => `Lead ${n}`))
  for await (const event of hub.subscribe('everyone', { after: ids[5], untilHead: true })) {
    expect(event).toMatchObject({ event: 'gap', payload: { reason: 'epoch' } })
  }
  await hub.close()
})

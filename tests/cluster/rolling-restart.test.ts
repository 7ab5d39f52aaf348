import { setTimeout } from 'node:timers/promises'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { expect, it, vi } from 'vitest'
import { hasPrograms, startCluster } from './start-cluster.ts'

const leads = defineStream({
  path: '/leads/:owner',
  heartbeatMs: 5_000,
  events: { lead: type<{ title: string; by: string }>() },
})
const CLIENTS = 60

it.skipIf(!hasPrograms)(
  'a rolling restart of two processes behind HAProxy loses no lead, doubles none, and is no stampede',
  async () => {
    await using cluster = await startCluster()
    const clients = Array.from({ length: CLIENTS }, () => {
      const seen: string[] = []
      const servers = new Set<string>()
      const comings: number[] = []
      const feed = connect(leads, { baseUrl: cluster.origin, params: { owner: 'ada' }, onError: () => {} })
      feed.on('lead', ({ title, by }) => {
        seen.push(title)
        servers.add(by)
      })
      feed.on('gap', ({ reason }) => seen.push(`gap: ${reason}`))
      feed.onStatus(({ state }) => state === 'open' && comings.push(Date.now()))
      return { feed, seen, servers, comings }
    })
    await vi.waitUntil(() => clients.every(({ feed }) => feed.status.state === 'open'), 10_000)

    const published: string[] = []
    let isOver = false
    const publishing = (async () => {
      for (let n = 0; !isOver || n < 200; n += 1) {
        const query = new URLSearchParams({ to: 'ada', title: `lead ${n}`, key: String(n) })
        const send = () => fetch(`${cluster.origin}/leads?${query}`, { method: 'POST' })
        while (
          !(await send().then(
            ({ ok }) => ok,
            () => false,
          ))
        )
          await setTimeout(50)
        published.push(`lead ${n}`)
        await setTimeout(10)
      }
    })()
    await setTimeout(300)
    const since = Date.now()
    await cluster.restart()
    isOver = true
    await publishing
    await vi.waitUntil(() => clients.every(({ seen }) => seen.length >= published.length), 20_000)
    for (const { feed, seen, servers } of clients) {
      feed.close()
      expect(seen).toEqual(published)
      expect(servers.size).toBeGreaterThan(1) // whoever published it
    }
    // Each server's clients came back spread out: in no tenth of a second half of them.
    const tenths = new Map<number, number>()
    for (const time of clients.flatMap(({ comings }) => comings.filter((time) => time > since))) {
      tenths.set(Math.floor(time / 100), (tenths.get(Math.floor(time / 100)) ?? 0) + 1)
    }
    expect(tenths.size).toBeGreaterThan(5)
    expect(Math.max(...tenths.values())).toBeLessThan(CLIENTS / 2)
  },
  60_000,
)

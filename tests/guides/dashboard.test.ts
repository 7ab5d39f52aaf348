import { once } from 'node:events'
import { connect as openSocket } from 'node:net'
import type { Feed } from '@sse/client'
import { beforeAll, expect, it } from 'vitest'
import { importPage, type PageCode } from './import-page.ts'

interface Reading {
  series: string
  value: number
}
interface Server {
  hub: { publish(...event: unknown[]): Promise<string>; stats(): { connections: number; lagging: number } }
  update(readings: Reading[]): Promise<void>
}
interface Page {
  followMetrics(
    origin: string,
    show: (readings: Map<string, Reading>) => void,
  ): Promise<Feed<Record<string, unknown>>>
}

const PATIENT = { timeout: 20_000 }
let code: PageCode
let server: Server
let page: Page
beforeAll(async () => {
  globalThis.requestAnimationFrame = (callback) => setTimeout(callback, 1) as unknown as number
  code = await importPage('docs/guides/dashboard.md')
  server = await code.load('server.ts')
  page = await code.load('page.ts')
})

it('a page that opens loads the state, and shows every change after it', async () => {
  const series = Array.from({ length: 200 }, (_, n) => ({ series: `s${n}`, value: 0 }))
  await server.update(series)
  let shown = new Map<string, Reading>()
  using feed = await page.followMetrics(code.origin, (readings) => {
    shown = readings
  })
  expect(feed.status.state).toBe('connecting')
  await expect.poll(() => shown.size, PATIENT).toBe(200)
  await expect.poll(() => feed.status.state, PATIENT).toBe('open')
  await server.update(series.map((reading) => ({ ...reading, value: 1 })))
  await expect.poll(() => [...shown.values()].every(({ value }) => value === 1), PATIENT).toBe(true)
})

it('a page that did not read gets the newest value of each series when it reads again, without a gap', async () => {
  const filler = 'x'.repeat(1_000)
  await expect.poll(() => server.hub.stats().connections, PATIENT).toBe(0)
  let value = 0
  async function round() {
    value += 1
    await server.update(Array.from({ length: 100 }, (_, n) => ({ series: `s${n}`, value, filler })))
  }
  const socket = openSocket(Number(new URL(code.origin).port), 'localhost')
  socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await expect.poll(() => server.hub.stats().connections, PATIENT).toBe(1)
  while (server.hub.stats().lagging === 0) await round()
  for (let more = 0; more < 20; more += 1) await round()

  const seen = new Map<string, number[]>()
  let text = ''
  const isDone = () => seen.size === 100 && [...seen.values()].every((values) => values.at(-1) === value)
  for (; !isDone(); [text] = [text.slice(text.lastIndexOf('\n'))]) {
    const [bytes] = await once(socket, 'data')
    text += bytes
    for (const [, n = '', found] of text.matchAll(/s(\d+)","value":(\d+),.*\n/g)) {
      seen.set(n, [...(seen.get(n) ?? []), Number(found)])
    }
    expect(text).not.toContain('sse.gap')
  }
  socket.destroy()
  for (const values of seen.values()) {
    expect(values).toEqual([...values].sort((a, b) => a - b))
    expect(values.length).toBeLessThanOrEqual(value - 19) // the 20 rounds are one value
  }
})

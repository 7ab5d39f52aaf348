import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createHub } from '@sse/server'
import { Child } from '../common/child.ts'
import { printTable } from '../common/table.ts'
import { ENGINES, type EngineName } from './engines.ts'
import { ticks } from './ticks.ts'

const PER_SECOND = 1_000

/** Milliseconds from the moment `publish` has resolved. */
export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/**
 * Publishes here for so many seconds, and reads from a socket of another process: from the moment `publish` has resolved to
 * the arrival of the event's bytes. What arrives before counts as 0. Prints a table, too.
 */
export async function measureLatency(name: EngineName, where: string, seconds: number): Promise<Latency> {
  const events = PER_SECOND * seconds
  const follower = new Child<never, { type: 'listening'; port: number }>(
    new URL('./follower.ts', import.meta.url),
    [name, where],
  )
  const { port } = await follower.hear('listening')
  const hub = createHub(ticks, { engine: ENGINES[name](where) })
  const request = get(`http://127.0.0.1:${port}/ticks`)
  const [response] = await once(request, 'response')
  const arrivedAt: number[] = []
  let text = ''
  response.on('data', (bytes: Buffer) => {
    const now = performance.now()
    text += bytes.toString()
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const index = /^data: (\d+)$/m.exec(text.slice(0, end))?.[1]
      if (index !== undefined) arrivedAt[Number(index)] = now
      text = text.slice(end + 2)
    }
  })
  // Opens the connections. The follower may not have begun yet when the first is published.
  while (arrivedAt[events] === undefined) {
    await hub.publish('everyone', 'tick', events)
    await pause(50)
  }

  const resolvedAt: number[] = []
  const start = performance.now()
  const published: Promise<void>[] = []
  for (let index = 0; index < events; ) {
    const due = ((performance.now() - start) / 1000) * PER_SECOND
    for (; index < Math.min(due, events); index += 1) {
      const own = index
      published.push(
        hub.publish('everyone', 'tick', own).then(() => {
          resolvedAt[own] = performance.now()
        }),
      )
    }
    await pause(1)
  }
  await Promise.all(published)
  while (arrivedAt.filter((at) => at !== undefined).length <= events) await pause(5)
  request.destroy()
  await hub.close()
  follower.stop()
  const sorted = resolvedAt
    .map((at, index) => Math.max(0, (arrivedAt[index] as number) - at))
    .sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] as number
  const latency = { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
  printTable(`publish() resolved to the byte on another process's socket, ${PER_SECOND} a second, ms`, [
    ['', ...Object.keys(latency)],
    ['hub', ...Object.values(latency).map((ms) => ms.toFixed(2))],
  ])
  return latency
}

import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { postgres } from '@sse/postgres'
import { createHub } from '@sse/server'
import { startChild } from './start-child.ts'
import { ticks } from './ticks.ts'

/**
 * Publishes here, and reads from a socket of another process: from the moment `publish` has resolved to the
 * arrival of the event's bytes, in milliseconds. What arrives before counts as 0.
 */
export async function measureLatency(url: string, events: number, perSecond: number): Promise<number[]> {
  const follower = await startChild(url)
  const hub = createHub(ticks, { engine: postgres({ url, name: 'latency' }) })
  const request = get(`http://127.0.0.1:${follower.port}/ticks`)
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
    const due = ((performance.now() - start) / 1000) * perSecond
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
  await follower.stop()
  return resolvedAt.map((at, index) => Math.max(0, (arrivedAt[index] as number) - at))
}

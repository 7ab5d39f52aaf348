import { CONTROL } from '@sse/contract/protocol'
import { check, checkSame } from '../broken-promise.ts'
import type { OpenedEngine } from '../opened-engine.ts'
import { Replica } from './replica.ts'
import { SinkConnection } from './sink-connection.ts'
import { until } from './turns.ts'

const STORED = 10
const RETAINED = 4
const FOREVER = Number.POSITIVE_INFINITY
const SETTINGS = { ringEvents: 0, ringBytes: 0, maxEvents: FOREVER, maxTurns: 0, bulks: [0] }

/** A reader that resumes from a trimmed id, and a subscriber that has never been here before. */
export async function resumeAfterTrim(open: () => Promise<OpenedEngine>, promise: string): Promise<void> {
  const opened = await open()
  const { hub } = new Replica(opened.engine, { ...SETTINGS, heartbeatMs: FOREVER })
  try {
    const ids: string[] = []
    for (let serial = 0; serial < STORED; serial += 1) {
      ids.push(await hub.publish('a', 'lead', { serial, bulk: '' }))
    }
    await opened.engine.trim({
      maxEvents: RETAINED,
      maxAgeMs: FOREVER,
      maxCommitAgeMs: FOREVER,
    })
    const retained = ids.slice(STORED - RETAINED)
    const resumed = new SinkConnection(hub.subscribe('a'), { lastEventId: ids[1], heartbeatMs: FOREVER })
    const seen = await framesOf(resumed, RETAINED)
    checkSame(seen, [CONTROL.gap, CONTROL.open, ...retained], promise)
    const gap = JSON.parse(resumed.frames[0]?.data ?? '{}')
    checkSame(gap, { reason: 'trimmed', since: retained[0] }, promise)
    const fresh = new SinkConnection(hub.subscribe('a', { subscriber: 'anna' }), {
      lastEventId: undefined,
      heartbeatMs: FOREVER,
    })
    const promised = 'a new subscriber gets every retained event, and no gap for those trimmed before'
    checkSame(await framesOf(fresh, RETAINED), [CONTROL.open, ...retained], promised)
    for (const connection of [resumed, fresh]) connection.drop()
  } finally {
    await hub.close()
    await opened.close()
  }
}

/** Resolves with the names of control events and the ids of events, once there are enough events. */
async function framesOf({ frames }: SinkConnection, count: number): Promise<(string | undefined)[]> {
  const isThere = await until(() => frames.filter(({ event }) => event === 'lead').length >= count)
  check(isThere, 'every retained event arrives, or a gap is reported', JSON.stringify(frames))
  return frames.map(({ event, id }) => (event === 'lead' ? id : event))
}

import { checkSame } from '../broken-promise.ts'
import type { OpenedEngine } from '../opened-engine.ts'
import { Replica } from './replica.ts'
import { SinkConnection } from './sink-connection.ts'
import { until } from './turns.ts'

const STORED = 12_000
const BATCH = 1_000
const LIVE = 20
const FOREVER = Number.POSITIVE_INFINITY

/** A reader that was offline for a long time, on a hub whose ring contains almost nothing. */
export async function returnAfterLong(open: () => Promise<OpenedEngine>, promise: string): Promise<void> {
  const opened = await open()
  const settings = { ringEvents: 100, ringBytes: 1_048_576, maxEvents: FOREVER, maxTurns: 0 }
  const { hub } = new Replica(opened.engine, { ...settings, bulks: [0], heartbeatMs: FOREVER })
  const publish = (serial: number) => hub.publish(serial % 3 === 0 ? 'b' : 'a', 'lead', { serial, bulk: '' })
  try {
    const first = await publish(0)
    for (let serial = 1; serial < STORED; ) {
      const batch: Promise<string>[] = []
      for (; batch.length < BATCH && serial < STORED; serial += 1) batch.push(publish(serial))
      await Promise.all(batch)
    }
    const expected: number[] = []
    for (let serial = 1; serial < STORED + LIVE; serial += 1) if (serial % 3 !== 0) expected.push(serial)
    const connection = new SinkConnection(hub.subscribe('a'), { lastEventId: first, heartbeatMs: FOREVER })
    const events = () => connection.frames.filter(({ event }) => event === 'lead')
    await until(() => events().length > 0)
    for (let serial = STORED; serial < STORED + LIVE; serial += 1) await publish(serial)
    await until(() => events().length >= expected.length)
    checkSame(
      events().map(({ data }) => JSON.parse(data ?? '{}').serial),
      expected,
      promise,
    )
    connection.drop()
  } finally {
    await hub.close()
    await opened.close()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { findViolations, good, type Received } from './entry-scenario.ts'
import type { MalformedPage } from './malformed-pages.ts'
import { type Engine, overrideEngine, type Page, SharedLog } from './overridden-engine.ts'
import { type SerialHub, startHub, until } from './serial-hub.ts'
import { readLoop, readStream, type SerialReader } from './serial-reader.ts'
import { CHANNEL } from './serials.ts'

type Readers = Readonly<Record<string, SerialReader>>

/** A hub looks at its engine by itself every second, and a reader asks again after a second. */
const RECOVERY_MS = 4_000

/** A log whose next pages with entries are malformed, as many as `faults` says. */
class FaultyLog extends SharedLog {
  faults = 0
  readonly faulty: Engine

  constructor([, make]: MalformedPage) {
    super()
    this.faulty = overrideEngine(this.engine, {
      read: async (...request: Parameters<Engine['read']>): Promise<Page> => {
        const page = await this.engine.read(...request)
        if (this.faults === 0 || page.entries.length === 0) return page
        this.faults -= 1
        return make(page) as Page
      },
    })
  }
}

/** Where a malformed page is returned. Each resolves with what is wrong, in full sentences. */
export const pageScenarios = {
  /** The page that follows live events. */
  live: async (malformed: MalformedPage): Promise<string[]> => {
    const log = new FaultyLog(malformed)
    const server = await startHub({ engine: log.faulty })
    const readers = await follow(server, undefined)
    const problems = [await server.publish(1)]
    log.faults = 1
    for (const serial of [2, 3]) await log.write(good(serial).make, CHANNEL)
    log.wake()
    await sleep(5)
    log.wake()
    for (const serial of [4, 5]) problems.push(await server.publish(serial))
    await untilReached(readers, 5)
    return finish(server, readers, problems, [1, 2, 3, 4, 5])
  },

  /** Pages of history, for a connection and a loop. */
  history: async (malformed: MalformedPage): Promise<string[]> => {
    const log = new FaultyLog(malformed)
    const server = await startHub({ engine: log.faulty })
    const { lastEventId: start } = await server.hub.getState(() => undefined)
    const serials = [1, 2, 3, 4, 5, 6, 7, 8]
    const problems: (string | undefined)[] = []
    for (const serial of serials) problems.push(await server.publish(serial))
    log.faults = 2
    const readers = await follow(server, start)
    await untilReached(readers, 8)
    return finish(server, readers, problems, serials)
  },

  /** The first page with entries that a new process reads. */
  start: async (malformed: MalformedPage): Promise<string[]> => {
    const log = new FaultyLog(malformed)
    for (const serial of [1, 2, 3, 4, 5]) await log.write(good(serial).make, CHANNEL)
    log.faults = 1
    const server = await startHub({ engine: log.faulty })
    await server.publish(6) // may be refused
    await server.hub.getState(() => undefined).catch(() => {}) // opens the log, which fails
    const { lastEventId } = await server.hub.getState(() => undefined)
    const readers = await follow(server, lastEventId.replace(/-.*/, '-0'))
    const problems = [await server.publish(7)]
    await untilReached(readers, 7)
    for (const { serials } of Object.values(readers)) {
      if (serials.includes(6)) serials.splice(serials.indexOf(6), 1)
    }
    return finish(server, readers, problems, [1, 2, 3, 4, 5, 7])
  },
} as const

export type PagePlace = keyof typeof pageScenarios

async function follow({ hub, port }: SerialHub, after: string | undefined): Promise<Readers> {
  const readers = {
    stream: readStream(port, 'stream', after),
    loop: readLoop(hub.subscribe(CHANNEL, { after })),
  }
  await until(() => readers.stream.events.includes('sse.open'))
  return readers
}

async function untilReached(readers: Readers, serial: number): Promise<void> {
  const isDone = ({ serials, problems }: SerialReader) => serials.at(-1) === serial || problems.length > 0
  await until(() => Object.values(readers).every(isDone), RECOVERY_MS)
}

async function finish(
  server: SerialHub,
  readers: Readers,
  problems: readonly (string | undefined)[],
  expected: readonly number[],
): Promise<string[]> {
  // A loop has no connection to keep: it may throw what the engine says, and the app starts it again.
  const hasThrown = ({ problems }: SerialReader) =>
    problems.some((problem) => problem.startsWith('The loop threw SseError'))
  const entries = Object.entries(readers).filter(([, reader]) => !hasThrown(reader))
  const received: Received = {
    serials: Object.fromEntries(entries.map(([name, { serials }]) => [name, [...serials]])),
    problems: [
      ...problems.flatMap((problem) => problem ?? []),
      ...entries.flatMap(([name, reader]) => reader.problems.map((text) => `${name}: ${text}`)),
    ],
    errors: server.errors,
    errorsAfterRestart: [],
  }
  for (const reader of Object.values(readers)) reader.close()
  await server.close()
  await sleep(5) // a rejection is unhandled in the next turn
  return findViolations(received, expected)
}

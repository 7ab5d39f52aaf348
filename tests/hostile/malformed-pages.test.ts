import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findViolations, good, type Received } from './engines/entry-scenario.ts'
import { type MalformedPage, malformedPages } from './engines/malformed-pages.ts'
import { type Engine, overrideEngine, type Page, SharedLog } from './engines/overridden-engine.ts'
import { startHub, until } from './engines/serial-hub.ts'
import { readLoop, readStream, type SerialReader } from './engines/serial-reader.ts'
import { CHANNEL } from './engines/serials.ts'
import { collectUnhandled } from './engines/unhandled.ts'

const unhandled = collectUnhandled()
const TIMEOUT_MS = 30_000
/** A hub looks at its engine by itself every second, and a reader asks again after a second. */
const RECOVERY_MS = 4_000

/** A log whose next page with entries is malformed, as often as `faults` says. */
class FaultyLog extends SharedLog {
  faults = 0
  readonly faulty: Engine

  constructor([, make]: MalformedPage) {
    super()
    this.faulty = overrideEngine(this.engine, {
      read: (...request: Parameters<Engine['read']>) => {
        const reading = this.engine.read(...request)
        return reading.then((page): Page => {
          if (this.faults === 0 || page.entries.length === 0) return page
          this.faults -= 1
          return make(page) as Page
        })
      },
    })
  }
}

const cases = malformedPages.map((page) => [page[0], page] as const)

describe('an engine that once returns', () => {
  it.for(cases)(
    '%s for live events: every event arrives once it is well again',
    { timeout: TIMEOUT_MS },
    async ([, malformed]) => {
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
      await until(() => Object.values(readers).every(({ serials }) => serials.at(-1) === 5), RECOVERY_MS)
      expect([...(await finish(server, readers, problems, [1, 2, 3, 4, 5])), ...unhandled]).toEqual([])
    },
  )

  it.for(cases)(
    '%s for history: every event arrives once it is well again',
    { timeout: TIMEOUT_MS },
    async ([, malformed]) => {
      const log = new FaultyLog(malformed)
      const server = await startHub({ engine: log.faulty })
      const { lastEventId: start } = await server.hub.getState(() => undefined)
      const serials = [1, 2, 3, 4, 5, 6, 7, 8]
      const problems: (string | undefined)[] = []
      for (const serial of serials) problems.push(await server.publish(serial))
      log.faults = 2
      const readers = await follow(server, start)
      await until(() => Object.values(readers).every((reader) => reader.serials.at(-1) === 8), RECOVERY_MS)
      const violations = await finish(server, readers, problems, serials)
      // A loop has no connection to keep: it may throw what the engine says, and be started again.
      const allowed = violations.filter((violation) => !violation.startsWith('loop'))
      expect([...allowed, ...unhandled]).toEqual([])
    },
  )

  it.for(cases)(
    '%s to a process that starts: it serves everything once it is well again',
    { timeout: TIMEOUT_MS },
    async ([, malformed]) => {
      const log = new FaultyLog(malformed)
      for (const serial of [1, 2, 3, 4, 5]) await log.write(good(serial).make, CHANNEL)
      log.faults = 1
      const server = await startHub({ engine: log.faulty })
      await server.publish(6) // may be refused
      const problems: (string | undefined)[] = []
      await until(() => log.faults === 0)
      const { lastEventId } = await server.hub.getState(() => undefined)
      const start = lastEventId.replace(/-.*/, '-0')
      const readers = await follow(server, start)
      problems.push(await server.publish(7))
      await until(() => Object.values(readers).every(({ serials }) => serials.at(-1) === 7), RECOVERY_MS)
      for (const reader of Object.values(readers)) dropOptional(reader, 6)
      expect([...(await finish(server, readers, problems, [1, 2, 3, 4, 5, 7])), ...unhandled]).toEqual([])
    },
  )
})

type Server = Awaited<ReturnType<typeof startHub>>

async function follow(
  { hub, port }: Server,
  after: string | undefined,
): Promise<Record<string, SerialReader>> {
  const readers = {
    stream: readStream(port, 'stream', after),
    loop: readLoop(hub.subscribe(CHANNEL, { after })),
  }
  await until(() => readers.stream.events.includes('sse.open'))
  return readers
}

function dropOptional({ serials }: SerialReader, optional: number): void {
  const index = serials.indexOf(optional)
  if (index >= 0) serials.splice(index, 1)
}

async function finish(
  server: Server,
  readers: Readonly<Record<string, SerialReader>>,
  problems: readonly (string | undefined)[],
  expected: readonly number[],
): Promise<string[]> {
  const received: Received = {
    serials: Object.fromEntries(Object.entries(readers).map(([name, { serials }]) => [name, [...serials]])),
    problems: [
      ...problems.flatMap((problem) => problem ?? []),
      ...Object.entries(readers).flatMap(([name, reader]) =>
        reader.problems.map((text) => `${name}: ${text}`),
      ),
    ],
    errors: server.errors,
    errorsAfterRestart: [],
    events: new Set(),
  }
  for (const reader of Object.values(readers)) reader.close()
  await server.close()
  await sleep(5)
  return findViolations(received, expected)
}

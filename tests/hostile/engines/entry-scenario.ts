import { setTimeout as sleep } from 'node:timers/promises'
import { SharedLog } from './overridden-engine.ts'
import { STEP_MS, startHub, until } from './serial-hub.ts'
import { readLoop, readStream, type SerialReader } from './serial-reader.ts'
import { CHANNEL } from './serials.ts'

/** An entry that another program has written. */
export interface Write {
  /** What the engine returns for it. */
  readonly make: (position: number, at: number) => unknown
  /** The channel by which the store finds it. */
  readonly channel: string
}

/** What every reader has received, and what was reported. */
export interface Received {
  readonly serials: Readonly<Record<string, readonly number[]>>
  readonly problems: readonly string[]
  /** Errors reported to `onError` by the hub that followed the log, and by the one started after it. */
  readonly errors: readonly unknown[]
  readonly errorsAfterRestart: readonly unknown[]
}

/** More than read their own pages: the others share a sweep over the log. */
const BEHIND = 12
const PUBLISHED_AFTER = 6
const FAILED_STEP_MS = 300

/** A well-formed entry, as another program writes it. */
export const good = (serial: number): Write => ({
  channel: CHANNEL,
  make: (position, at) => ({ position, at, channel: CHANNEL, event: 'n', data: JSON.stringify({ serial }) }),
})

/**
 * Has a hub follow a log to which `writes` are written between published events, and reads it live, from behind
 * the ring and after a restart.
 *
 * @param lastSerial - the serial of the last well-formed entry of `writes`; 1 is published before them.
 */
export async function readEverywhere(writes: readonly Write[], lastSerial: number): Promise<Received> {
  const log = new SharedLog()
  const problems: string[] = []
  const note = (problem: string | undefined) => problem && problems.push(problem)
  const readers: Record<string, SerialReader> = {}
  const first = await startHub({ engine: log.engine })
  const { lastEventId: start } = await first.hub.getState(() => undefined)
  readers.live = readStream(first.port, 'live', start)
  readers.loop = readLoop(first.hub.subscribe(CHANNEL, { after: start }))
  await until(() => readers.live?.events.includes('sse.open') === true)

  note(await first.publish(1))
  for (const { make, channel } of writes) await log.write(make, channel)
  log.wake()
  await sleep(5)
  const newest = lastSerial + PUBLISHED_AFTER
  for (let serial = lastSerial + 1; serial <= newest; serial += 1) note(await first.publish(serial))
  const hasAll = (names: readonly string[], serial: number) => () =>
    names.every((name) => readers[name]?.serials.at(-1) === serial)
  const isFine = await until(hasAll(['live', 'loop'], newest))
  // What has failed already need not be waited for as long again.
  const ms = isFine ? STEP_MS : FAILED_STEP_MS

  for (let index = 0; index < BEHIND; index += 1) {
    readers[`behind ${index}`] = readStream(first.port, `behind-${index}`, start)
  }
  readers['loop behind'] = readLoop(first.hub.subscribe(CHANNEL, { after: start }))
  await until(hasAll(Object.keys(readers), newest), ms)
  await first.close()

  const second = await startHub({ engine: log.engine })
  const later = ['restarted', 'restarted loop']
  readers.restarted = readStream(second.port, 'restarted', start)
  readers['restarted loop'] = readLoop(second.hub.subscribe(CHANNEL, { after: start }))
  await until(hasAll(later, newest), ms)
  note(await second.publish(newest + 1))
  await until(hasAll(later, newest + 1), ms)
  for (const reader of Object.values(readers)) reader.close()
  await second.close()
  await sleep(5) // what would be unhandled is so in the next turn

  for (const [name, reader] of Object.entries(readers)) {
    // Closing the hub ends the responses of its clients.
    const own = reader.problems.filter((problem) => later.includes(name) || !problem.endsWith(' ended'))
    problems.push(...own.map((problem) => `${name}: ${problem}`))
  }
  return {
    serials: Object.fromEntries(Object.entries(readers).map(([name, reader]) => [name, reader.serials])),
    problems,
    errors: first.errors,
    errorsAfterRestart: second.errors,
  }
}

/** What is wrong with what was received, in full sentences. */
export function findViolations(
  received: Received,
  expected: readonly number[],
  optional: number | undefined = undefined,
): string[] {
  const violations = [...received.problems]
  for (const [name, all] of Object.entries(received.serials)) {
    const serials = all.filter((serial) => serial !== optional)
    const wanted = name.startsWith('restarted') ? [...expected, (expected.at(-1) as number) + 1] : expected
    if (String(serials) !== String(wanted)) {
      violations.push(`${name} received ${serials.join(' ') || 'nothing'}; expected ${wanted.join(' ')}`)
    }
  }
  return violations
}

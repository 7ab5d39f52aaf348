import { setTimeout as sleep } from 'node:timers/promises'
import type { HubOptions } from '@sse/server'
import type { PresenceStore } from '@sse/server/engine-kit'
import { good } from './entry-scenario.ts'
import { type Engine, overrideEngine, SharedLog, type Verb } from './overridden-engine.ts'
import { type SerialHub, STEP_MS, startHub, until } from './serial-hub.ts'
import { readLoop, readStream, type SerialReader } from './serial-reader.ts'
import { CHANNEL } from './serials.ts'
import { HANGS, type WrongAnswer } from './wrong-answers.ts'

/** Longest time until a hub asks its engine again by itself, and a reader its hub, and some more. */
const RECOVERY_MS = 15_000
const WRONG_MS = 60
/** How long to wait for what hangs. */
const HANG_MS = 300
/** Calls of one verb while it answers wrongly: a hub that asks without pause makes thousands. */
const MAX_CALLS = 300
const ID = /^[0-9A-Za-z]{1,32}-[0-9a-z]+$/
/** Verbs of which a hub makes one call at a time. It waits for the engine, which has its own time limits. */
const SERIAL_VERBS: readonly string[] = ['append', 'read']

type AnyFunction = (...args: unknown[]) => unknown

/** An engine in memory of which one verb answers wrongly for a while. */
class LyingEngine extends SharedLog {
  isWrong = false
  calls = 0

  /** @param part - `engine`, or its store of presence. */
  lie(part: 'engine' | 'presence', verb: string, [, answer]: WrongAnswer): Engine {
    const presence = presenceInMemory()
    const inner: object = part === 'engine' ? this.engine : presence
    const real = (Reflect.get(inner, verb) as AnyFunction | undefined)?.bind(inner) ?? (async () => {})
    const lying = (...args: unknown[]) => {
      if (!this.isWrong) return real(...args)
      this.calls += 1
      return answer(() => real(...args), args)
    }
    if (part === 'engine')
      return overrideEngine(this.engine, { presence, insert: async () => {}, [verb]: lying })
    return overrideEngine(this.engine, { presence: { ...presence, [verb]: lying } })
  }

  /** Serials of the events of the channel, in order: what every reader has to receive. */
  async stored(): Promise<number[]> {
    const options = { limit: 1_000, maxBytes: Number.MAX_SAFE_INTEGER, channels: [CHANNEL] }
    const { entries } = await this.engine.read(0, options)
    return entries.flatMap(({ data }) => (JSON.parse(data) as { serial: number }).serial)
  }
}

/** Uses a hub in every way while a verb of its engine answers wrongly, and resolves with what is wrong afterwards. */
export async function checkAnswer(
  part: 'engine' | 'presence',
  verb: Verb | keyof PresenceStore,
  wrong: WrongAnswer,
): Promise<string[]> {
  const log = new LyingEngine()
  const engine = log.lie(part, verb, wrong)
  const hangs = wrong[0] === HANGS && SERIAL_VERBS.includes(verb)
  const patienceMs = wrong[0] === HANGS ? HANG_MS : STEP_MS
  // What is called once, when the hub opens its log, is wrong at that time.
  log.isWrong = verb === 'onWake'
  const server = await startHub({
    engine: engine as NonNullable<HubOptions['engine']>,
    retention: { maxEvents: 800 },
  })
  if (log.isWrong)
    await Promise.race([server.hub.getState(() => undefined).catch(() => {}), sleep(patienceMs)])
  log.isWrong = false
  const problems: string[] = []
  const note = (problem: string | undefined) => problem && problems.push(problem)
  const readers = await follow(server)
  if (!hangs) note(await server.publish(1))

  log.isWrong = true
  const settled = await Promise.race([useEverything(server, log), sleep(patienceMs, undefined)])
  if (!settled && wrong[0] !== HANGS) problems.push('Something that was asked of the hub has not settled')
  for (const id of settled ?? []) if (!ID.test(id)) problems.push(`A publish resolved with the id ${id}`)
  await sleep(WRONG_MS)
  if (log.calls > MAX_CALLS) problems.push(`${verb}() was called ${log.calls} times`)
  log.isWrong = false

  if (!hangs) {
    log.wake()
    note(await server.publish(9))
    const stored = await log.stored()
    const late = readStream(server.port, 'late', undefined)
    const isDone = ({ serials }: SerialReader) => String(serials) === String(stored)
    const isSettled = () =>
      Object.values(readers).every((reader) => isDone(reader) || reader.problems.length > 0)
    await until(() => isSettled() && late.events.includes('sse.open'), RECOVERY_MS)
    for (const [name, { serials, problems: own }] of Object.entries(readers)) {
      if (String(serials) !== String(stored))
        problems.push(`${name} received ${serials}; stored are ${stored}`)
      problems.push(...own.map((problem) => `${name}: ${problem}`))
    }
    problems.push(...late.problems.map((problem) => `A newcomer: ${problem}`))
    late.close()
  }
  for (const reader of Object.values(readers)) reader.close()
  log.isWrong = verb === 'close'
  await server.close(patienceMs)
  await sleep(5) // a rejection is unhandled in the next turn
  return problems
}

async function follow({ hub, port }: SerialHub): Promise<Readonly<Record<string, SerialReader>>> {
  const { lastEventId: after } = await hub.getState(() => undefined)
  const readers = {
    stream: readStream(port, 'stream', after),
    loop: readLoop(hub.subscribe(CHANNEL, { after })),
  }
  await until(() => readers.stream.events.includes('sse.open'))
  return readers
}

/** Calls every method of a hub. Resolves with the ids of what was published, once all have settled. */
async function useEverything({ hub, port }: SerialHub, log: SharedLog): Promise<string[]> {
  const { lastEventId } = await hub.getState(() => undefined)
  const publish = (serial: number) => hub.publish(CHANNEL, 'n', { serial })
  const publishes = [publish(2), publish(3)]
  await log.write(good(4).make, CHANNEL)
  log.wake()
  const durable = readStream(port, 'durable', undefined)
  const loop = hub.subscribe(CHANNEL, { subscriber: 'durable' })[Symbol.asyncIterator]()
  const stop = hub.onPresence(CHANNEL, () => {})
  const uses: Promise<unknown>[] = [
    hub.ack('durable', lastEventId),
    hub.committed('durable'),
    hub.presence(CHANNEL),
    Promise.race([loop.next(), sleep(WRONG_MS)]),
    hub.forget('durable'),
    hub.revoke('someone'),
    ...optional(hub, 'publishIn', {}, CHANNEL, 'n', { serial: 99 }),
    publish(5),
  ]
  // Rejections of these calls are the app's to handle, and handled here.
  const ids = await Promise.allSettled([...publishes, ...uses])
  hub.stats()
  stop()
  durable.close()
  loop.return?.()?.catch(() => {})
  return ids.flatMap((result, index) =>
    index < 2 && result.status === 'fulfilled' ? [String(result.value)] : [],
  )
}

/** Calls a method that not every version or engine has, and makes a rejection of what it throws. */
function optional(hub: object, method: string, ...args: unknown[]): Promise<unknown>[] {
  const found: unknown = Reflect.get(hub, method)
  if (typeof found !== 'function') return []
  return [new Promise((resolve) => resolve(found.apply(hub, args)))]
}

/** A store that works, of one process. */
function presenceInMemory(): PresenceStore {
  const members = new Map<string, string>()
  return {
    enter: async (_process, added) => {
      for (const { channel, identity } of added) members.set(`${channel}\n${identity}`, channel)
    },
    leave: async (_process, removed) => {
      for (const { channel, identity } of removed) members.delete(`${channel}\n${identity}`)
    },
    touch: async () => true,
    present: async (channel) =>
      [...members].flatMap(([key, own]) => (own === channel ? [key.slice(channel.length + 1)] : [])),
  }
}

/** Checks values that are no functions in the same way: a hub must work, or say at once that it does not. */
export async function checkValue(name: string, value: unknown): Promise<string[]> {
  const log = new SharedLog()
  try {
    const server = await startHub({ engine: overrideEngine(log.engine, { [name]: value }) })
    const problem = await Promise.race([server.publish(1), sleep(STEP_MS, 'A publish has not settled')])
    const readers = await follow(server)
    await server.publish(2)
    for (const reader of Object.values(readers)) reader.close()
    await server.close()
    await sleep(5)
    // A limit of nothing refuses everything; nothing else does.
    return problem && name !== 'maxDataBytes' ? [problem] : []
  } catch (error) {
    return (error as { code?: unknown }).code === 'option_invalid' ? [] : [String(error)]
  }
}

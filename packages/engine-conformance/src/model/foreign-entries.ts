import { defineStream, type } from '@sse/contract'
import { RESERVED_PREFIX } from '@sse/contract/protocol'
import { createHub, type Hub } from '@sse/server'
import { type Engine, openSubscription, parseId } from '@sse/server/engine-kit'
import { BrokenPromise, check, checkSame } from '../broken-promise.ts'
import type { ForeignEntry, OpenedEngine } from '../opened-engine.ts'
import { Random } from './random.ts'
import { until } from './turns.ts'

const STEPS = 40
const CHANNEL = 'a'
const contract = defineStream({ path: '/foreign', events: { lead: type<number>() } })

type ForeignHub = Hub<typeof contract>

/** How much of the log a hub has in memory: all of it, or nothing. */
const RINGS = [undefined, { maxEvents: 0 }]

/**
 * Another program writes entries with anything in any field. Every other event is delivered in order, live, after a
 * restart and from history, and each entry that is not delivered is counted.
 */
export async function survivesForeignEntries(
  open: () => Promise<OpenedEngine>,
  seed: number,
  promise: string,
): Promise<void> {
  const opened = await open()
  try {
    const said = `${promise}: seed ${seed}`
    const log = await publishAmongForeign(opened, new Random(seed), said)
    for (const ring of RINGS) {
      const engine = await (opened.another ?? opened.reopen)?.()
      if (engine) await readAgain(engine, ring, log, said)
    }
  } catch (error) {
    throw error instanceof BrokenPromise
      ? error
      : new BrokenPromise(`${promise}: seed ${seed}`, String(error))
  } finally {
    await opened.close()
  }
}

interface Log {
  /** Ids of the hub's own events. */
  readonly published: readonly string[]
  /** Ids of all events that a live reader got. */
  readonly delivered: readonly string[]
}

async function publishAmongForeign(opened: OpenedEngine, random: Random, promise: string): Promise<Log> {
  const { engine, foreign } = opened as Required<OpenedEngine>
  const hub = openHub(engine)
  try {
    const published = [await hub.publish(CHANNEL, 'lead', 0)]
    const reader = read(hub, published[0])
    await reader.opened
    let stored = 0
    for (let step = 1; step <= STEPS; step += 1) {
      if (random.chance(0.4)) published.push(await hub.publish(CHANNEL, 'lead', step))
      else if (await foreign(inventEntry(random))) stored += 1
    }
    const last = await hub.publish(CHANNEL, 'lead', -1)
    published.push(last)
    check(await until(() => reader.ids.includes(last)), promise, 'the last event never arrived')
    const own = reader.ids.filter((id) => published.includes(id))
    checkSame(own, published.slice(1), promise)
    checkOrder(reader.ids, promise)
    const foreigners = reader.ids.length - own.length
    const { skipped } = hub.stats()
    check(
      skipped === stored - foreigners,
      'every entry that is not delivered is counted',
      `${promise}: ${stored} stored, ${foreigners} delivered, ${skipped} counted`,
    )
    reader.close()
    return { published, delivered: reader.ids }
  } finally {
    await hub.close()
  }
}

/** Another process reads the same log from its first event, as a connection and as a loop. */
async function readAgain(
  engine: Engine,
  ring: { maxEvents: number } | undefined,
  { published, delivered }: Log,
  promise: string,
): Promise<void> {
  const hub = openHub(engine, ring)
  try {
    const reader = read(hub, published[0])
    await reader.opened
    const isThere = await until(() => reader.ids.includes(published.at(-1) as string))
    check(isThere, promise, 'a later reader never got the last event')
    checkSame(reader.ids, delivered, `${promise}, for a later reader`)
    reader.close()
    const looped: string[] = []
    for await (const { id } of hub.subscribe(CHANNEL, { after: published[0], untilHead: true })) {
      if (id !== undefined && published.includes(id)) looped.push(id)
    }
    checkSame(looped, published.slice(1), `${promise}, for a loop`)
  } finally {
    await hub.close()
  }
}

function openHub(engine: Engine, ring?: { maxEvents: number }): ForeignHub {
  // An entry is as old as it says, and may say anything: none is removed for its age meanwhile.
  const retention = { maxAgeMs: Number.POSITIVE_INFINITY }
  return createHub(contract, { engine, retention, ...(ring && { ring }), onError: () => {} })
}

/** Collects the ids of events. */
function read(hub: ForeignHub, lastEventId: string | undefined) {
  const ids: string[] = []
  const sink = {
    write(text: string) {
      for (const block of text.split('\n\n')) {
        const [, id] = /^id: (.*)$/m.exec(block) ?? []
        const isControl = block.includes(`\nevent: ${RESERVED_PREFIX}`)
        if (id !== undefined && !isControl && /^data:/m.test(block)) ids.push(id)
      }
      return true
    },
    end() {},
  }
  const { opened, close } = openSubscription(hub.subscribe(CHANNEL), { sink, lastEventId })
  return { ids, opened, close }
}

function checkOrder(ids: readonly string[], promise: string): void {
  const positions = ids.map((id) => parseId(id)?.position ?? 0)
  const isGrowing = positions.every((position, index) => position > (positions[index - 1] ?? 0))
  check(isGrowing, `${promise}: in order, once each`, positions.join())
}

/** Mostly an entry with one field that is not right: other fields must not hide what it does. */
function inventEntry(random: Random): ForeignEntry {
  const isMad = random.chance(0.3)
  const invent = (usual: unknown, anything: () => unknown, chance = 0.25) =>
    random.chance(isMad ? 0.8 : chance) ? anything() : usual
  return {
    // Nothing reads other channels: what is not this one is no channel at all, and must be counted.
    channel: invent(CHANNEL, () => random.pick(['', null, 'x'.repeat(300), 'x'.repeat(50_000)]), 0.1),
    event: invent('lead', () => inventValue(random)),
    data: invent('1', () => inventValue(random), 0.5),
    key: invent(null, () => inventValue(random)),
    idempotencyKey: invent(null, () => inventValue(random)),
    at: invent(Date.now(), () => random.pick([null, 0, -1, 2 ** 53, 1e300, 'now', new Uint8Array(8)])),
  }
}

function inventValue(random: Random): unknown {
  const kind = random.weighted({ text: 5, json: 3, name: 2, bytes: 2, number: 1, nothing: 1, large: 1 })
  if (kind === 'nothing') return null
  if (kind === 'number') return random.pick([0, -1, 1.5, 2 ** 53, Number.MAX_VALUE])
  if (kind === 'bytes') return Uint8Array.from({ length: random.int(12) }, () => random.int(256))
  if (kind === 'large') return 'x'.repeat(random.pick([257, 9_000, 300_000]))
  if (kind === 'name')
    return random.pick(['', ' ', 'message', 'lead\nid: 9', 'sse.end', 'gap', '__proto__', 'a\rb'])
  if (kind === 'json')
    return random.pick(['{', '{\n  "a": 1\r\n}', '[1,2]', '"\\ud800"', 'null', '', '"a\u2028b"'])
  const units = Array.from({ length: random.int(20) }, () =>
    random.int(random.pick([0x20, 0x80, 0x800, 0x1_0000])),
  )
  return String.fromCharCode(...units)
}

import { isSseError } from '@sse/contract'
import { formatId, parseId } from '@sse/server/engine-kit'
import { check } from '../broken-promise.ts'
import { CHANNELS, type Content, SUBSCRIBERS } from './publication.ts'
import { Reader } from './reader.ts'
import type { Replica } from './replica.ts'
import { resume } from './resume.ts'
import { turns } from './turns.ts'
import type { World } from './world.ts'

const FOREVER = Number.POSITIVE_INFINITY
const MAX_READERS = 6
const MAX_ACTIONS = 5

const WEIGHTS = { publish: 9, connect: 4, drop: 2, move: 2, resume: 3, stall: 2, flow: 2, trim: 1, fault: 1 }

/** Does several things at once: none waits for the ones before it. */
export async function beBusy(world: World): Promise<void> {
  const { random } = world
  const count = 1 + random.int(MAX_ACTIONS)
  for (let action = 0; action < count; action += 1) {
    const kind = random.weighted(WEIGHTS)
    if (kind === 'publish') publishSome(world)
    else if (kind === 'connect') connect(world)
    else if (kind === 'fault') failNextAppend(world)
    else if (kind === 'trim') await trim(world)
    else treatReader(world, kind)
    await turns(random.int(4))
  }
}

export function publishSome(world: World): void {
  const replica = world.random.pick(world.replicas)
  const count = world.random.pick([1, 1, 2, 3, 8])
  world.note(`publish ${count}`, replica)
  for (let event = 0; event < count; event += 1) publish(world, replica)
}

function publish({ random, reference, pending, settings }: World, { hub }: Replica): void {
  const channel = random.pick(CHANNELS)
  const event = random.pick(['lead', 'note'] as const)
  const key = random.chance(channel === 'latest' ? 0.8 : 0.1) ? `k${random.int(3)}` : undefined
  const idempotencyKey = random.chance(0.15) ? `i${random.int(8)}` : undefined
  const bulk = 'x'.repeat(random.pick(settings.bulks))
  const publication = reference.intend({ channel, event, key, idempotencyKey }, bulk)
  const content: Content = { serial: publication.serial, bulk }
  const published = hub.publish(channel, event, content, { key, idempotencyKey }).then(
    (id) => {
      const commit = parseId(id)
      check(commit !== undefined, 'publish resolves with an id', id)
      reference.acknowledge(publication, commit)
    },
    (error) => {
      const isKnown = isSseError(error) && error.code === 'engine_unavailable'
      check(isKnown, "publish rejects with the engine's error", String(error))
    },
  )
  pending.push(published)
}

function connect(world: World): void {
  const { random, readers } = world
  const channels = random.some(CHANNELS)
  const subscriber = random.chance(0.4) ? random.pick(SUBSCRIBERS) : undefined
  const [first] = readers
  if (first && readers.length === MAX_READERS) {
    first.drop((arrived) => arrived)
    world.left.push(first)
    readers.shift()
  }
  const reader = new Reader(world.nameReader(), channels, subscriber)
  readers.push(reader)
  if (random.chance(0.3)) reader.lastId = inventId(world)
  resume(world, reader)
}

/** Creates an id of any kind that a client may send. */
export function inventId({ random, reference }: World): string {
  const { epoch, oldest, head } = reference.log
  const kind = random.weighted({ known: 4, ahead: 1, foreign: 1, garbage: 1 })
  if (kind === 'known') return formatId({ epoch, position: random.int(head + 1) })
  if (kind === 'ahead') return formatId({ epoch, position: head + 1 + random.int(5) })
  if (kind === 'foreign') {
    const foreign = random.pick([...reference.epochs, 'another'])
    return formatId({ epoch: foreign, position: random.int(oldest + 10) })
  }
  return random.pick(['0', '-', `${epoch}-`, `${epoch}-1!`, `${epoch}-01`, 'x'.repeat(400), '__proto__'])
}

function treatReader(world: World, kind: 'drop' | 'move' | 'resume' | 'stall' | 'flow'): void {
  const readers = world.readers.filter(({ isConnected }) => isConnected === (kind !== 'resume'))
  if (readers.length === 0) return
  const reader = world.random.pick(readers)
  if (kind === 'resume') return resume(world, reader)
  world.note(`${reader.name} ${kind}s`)
  if (kind === 'move') {
    reader.drop((arrived) => arrived)
    return resume(world, reader)
  }
  if (kind !== 'drop') return reader.setFlowing(kind === 'flow')
  const quarters = world.random.int(5)
  reader.drop((arrived) => Math.ceil((arrived * quarters) / 4))
}

async function trim(world: World): Promise<void> {
  const { oldest, head } = world.reference.log
  const maxEvents = world.random.int(head - oldest + 2)
  world.note(`trim to ${maxEvents}`)
  const retention = { maxEvents, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER }
  if (world.observer) {
    world.pending.push(world.observer.trim(retention))
    return
  }
  await world.rest() // the hub may be trimming, and an engine gets one trim at a time
  await (world.replicas[0] as Replica).engine.trim(retention)
}

function failNextAppend(world: World): void {
  const fault = world.random.pick(['before', 'after'] as const)
  const replica = world.random.pick(world.replicas)
  world.note(`the next append fails ${fault} it is stored`, replica)
  replica.engine.failAppend(fault)
}

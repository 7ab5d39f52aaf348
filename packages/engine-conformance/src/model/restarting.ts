import type { Engine } from '@sse/server/engine-kit'
import { check } from '../broken-promise.ts'
import { checkCommitted } from './acking.ts'
import { beBusy, publishSome } from './busy-step.ts'
import { SUBSCRIBERS } from './publication.ts'
import { Replica } from './replica.ts'
import { resume } from './resume.ts'
import { turns, until } from './turns.ts'
import type { World } from './world.ts'

/** Closes every process of the app, and starts them again. */
export async function restartAll(world: World): Promise<void> {
  world.note('every process restarts')
  publishSome(world)
  for (const replica of world.replicas) await shut(world, replica)
  await world.observer?.close()
  await world.start(await world.reopen())
  await compareCommits(world)
  await proceed(world)
}

/** Restarts one process while the others keep running. */
export async function restartOne(world: World): Promise<void> {
  const { opened, replicas, settings } = world
  if (!opened.another) return
  const replica = world.random.pick(replicas)
  world.note('restarts', replica)
  await shut(world, replica)
  replicas[replicas.indexOf(replica)] = new Replica(await opened.another(), settings)
  await proceed(world)
}

/** Crashes every process at once. */
export async function crash(world: World): Promise<void> {
  const { opened } = world
  if (!opened.crash) return
  publishSome(world)
  await turns(world.random.int(6))
  world.note('crash')
  for (const reader of world.readers) reader.drop((arrived) => arrived)
  const dead = world.replicas
  for (const { engine } of dead) engine.cut()
  const survivor = await opened.crash()
  for (const { hub } of dead) await hub.close()
  await world.start(survivor)
  await compareCommits(world)
  await proceed(world)
}

/** Restarts or replaces the engine below running hubs. */
export async function exchangeEngine(world: World): Promise<void> {
  world.note('the engine restarts below the hubs')
  await world.settle()
  for (const { engine } of world.replicas) await engine.release()
  await world.observer?.close()
  const [first, ...rest] = world.replicas
  first?.engine.exchange(await world.reopen())
  const another = world.opened.another && (() => world.opened.another?.() as Promise<Engine>)
  for (const { engine } of rest) if (another) engine.exchange(await another())
  // Readers that connect before a hub has noticed. Subscribers wait: their commits may have changed.
  for (const reader of world.readers) {
    if (!reader.isConnected && (reader.lastId !== undefined || reader.subscriber === undefined))
      resume(world, reader)
  }
  world.observer = await another?.()
  await compareCommits(world)
}

async function shut(world: World, replica: Replica): Promise<void> {
  const { readers, replicaOf } = world
  await replica.hub.close()
  for (const reader of readers) {
    if (replicaOf.get(reader) !== replica) continue
    // A loop that has an event notices when it asks for the next one, a response when it reads on.
    const isTold = await until(() => !reader.isConnected || !reader.isFlowing)
    check(isTold, 'a hub that closes ends every connection and every loop', reader.name)
    reader.drop((arrived) => arrived)
  }
}

/** Uses the new hubs before they have opened their log. */
async function proceed(world: World): Promise<void> {
  await world.audit()
  await beBusy(world)
}

/** Checks that commits survive a restart, unless the epoch has changed. */
async function compareCommits(world: World): Promise<void> {
  const { commits, reference } = world
  const { engine } = world.replicas[0] as Replica
  const { epoch } = await engine.read(0, { limit: 0, maxBytes: 0 })
  for (const subscriber of SUBSCRIBERS) {
    if (epoch === reference.log.epoch) {
      await checkCommitted(world, subscriber)
      continue
    }
    const commit = (await engine.committed([subscriber])).get(subscriber)
    if (commit) commits.set(subscriber, commit)
    else commits.delete(subscriber)
  }
}

import { acknowledge } from './acking.ts'
import { beBusy, publishSome } from './busy-step.ts'
import type { HubModelOptions } from './options.ts'
import { crash, exchangeEngine, restartAll, restartOne } from './restarting.ts'
import { resume } from './resume.ts'
import { World } from './world.ts'

/**
 * One run of hubs on an engine, with random publishers, readers that stall, drop and come back anywhere, durable
 * subscribers, trims, failing appends, restarts and crashes as far as `open` has them. Throughout it must hold
 * that a reader gets every event that is retained in its channels, in order, once, or is told of a gap first.
 *
 * The hubs are the real ones, with their real connections; only the socket is the model's. Nothing it chooses
 * depends on the clock.
 *
 * @throws {BrokenPromise} naming the promise, the seed and what was done.
 */
export async function hubModel(options: HubModelOptions): Promise<void> {
  const { steps = 30 } = options
  const world = new World(options)
  try {
    await world.begin()
    for (let step = 0; step < steps; step += 1) await world.step(acts[world.random.weighted(WEIGHTS)])
    await world.step(comeBack)
    await world.step(leave)
    await world.checkEmpty()
  } catch (error) {
    throw world.explain(error)
  } finally {
    await world.close()
  }
}

const acts = { beBusy, acknowledge, restartAll, restartOne, crash, exchangeEngine }
const WEIGHTS = { beBusy: 24, acknowledge: 4, restartAll: 1, restartOne: 1, crash: 2, exchangeEngine: 1 }

/** Everybody takes what there is. */
async function comeBack(world: World): Promise<void> {
  for (const reader of world.readers) {
    if (reader.isConnected) reader.setFlowing(true)
    else resume(world, reader)
  }
  publishSome(world)
}

async function leave({ readers }: World): Promise<void> {
  for (const reader of readers) reader.drop((arrived) => arrived)
}

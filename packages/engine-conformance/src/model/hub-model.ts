import { acknowledge } from './acking.ts'
import { beBusy, publishSome } from './busy-step.ts'
import type { HubModelOptions } from './options.ts'
import { crash, exchangeEngine, restartAll, restartOne } from './restarting.ts'
import { resume } from './resume.ts'
import { World } from './world.ts'

/**
 * Runs hubs on an engine, with random publishers, readers that stall, drop and reconnect anywhere, durable subscribers,
 * trims, failing appends, and the restarts and crashes that `open` supports. A reader must always get every retained event
 * of its channels, in order and once, or a gap first.
 *
 * Hubs and connections are the real ones; only the socket is the model's. No choice depends on the clock.
 *
 * @throws {BrokenPromise} naming the promise, the seed and the steps.
 */
export async function hubModel(options: HubModelOptions): Promise<void> {
  const { steps = 30 } = options
  const world = new World(options)
  try {
    await world.begin()
    for (let step = 0; step < steps; step += 1) await world.step(acts[world.random.weighted(WEIGHTS)])
    await world.step(reconnectAll)
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

/** Makes every reader connect and take its frames. */
async function reconnectAll(world: World): Promise<void> {
  for (const reader of world.readers) {
    if (reader.isConnected) reader.setFlowing(true)
    else resume(world, reader)
  }
  publishSome(world)
}

async function leave({ readers }: World): Promise<void> {
  for (const reader of readers) reader.drop((arrived) => arrived)
}

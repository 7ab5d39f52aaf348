import { parseId } from '../../hub/id.ts'
import { SinkLink } from './link.ts'
import { LoopLink } from './loop-link.ts'
import type { Reader } from './reader.ts'
import { contract } from './replica.ts'
import type { World } from './world.ts'

/** Connects a reader to any process, with the last id it has, as a connection or as a loop. */
export function resume(world: World, reader: Reader): void {
  const { random, truth, commits, replicaOf } = world
  const replica = random.pick(world.replicas)
  const { lastId, subscriber, channels } = reader
  const { epoch, head } = truth.log
  // A durable subscriber without an id goes on after its commit; one that never committed, from the oldest.
  const commit = subscriber === undefined ? undefined : (commits.get(subscriber) ?? { epoch, position: 0 })
  const from = lastId === undefined ? (commit ?? 'now') : (parseId(lastId) ?? 'nowhere')
  const subscribe = () => replica.hub.subscribe(channels, { after: lastId, subscriber })
  const isLoop = random.chance(0.2)
  const manner = isLoop ? 'loops over' : 'connects to'
  world.note(`${reader.name} ${manner} ${channels} from ${lastId ?? subscriber ?? 'now'}`, replica)
  const link = isLoop ? new LoopLink(subscribe()) : new SinkLink(contract, subscribe, lastId)
  reader.connect(link, { from, head })
  replicaOf.set(reader, replica)
}

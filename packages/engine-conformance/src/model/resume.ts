import { parseId } from '@sse/server/engine-kit'
import { SinkLink } from './link.ts'
import { LoopLink } from './loop-link.ts'
import type { Reader } from './reader.ts'
import { ResponseLink } from './response-link.ts'
import type { World } from './world.ts'

const KINDS = { sink: 7, loop: 2, response: 1 }
const REMOTE_KINDS = { sink: 2, loop: 1, response: 7 }

/** Connects a reader to any process, with the last id it has, as a connection, a response or a loop. */
export function resume(world: World, reader: Reader): void {
  const { random, truth, commits, replicaOf } = world
  const replica = random.pick(world.replicas)
  const { lastId, isGenuine, subscriber, channels } = reader
  const { epoch, head } = truth.log
  // A durable subscriber without an id goes on after its commit; one that never committed, from the oldest.
  const commit = subscriber === undefined ? 'now' : (commits.get(subscriber) ?? 'oldest')
  const from = lastId === undefined ? commit : (parseId(lastId) ?? 'nowhere')
  const subscribe = () => replica.hub.subscribe(channels, { after: lastId, subscriber })
  const kind = random.weighted(world.isRemote ? REMOTE_KINDS : KINDS)
  world.note(`${reader.name} follows ${channels} from ${lastId ?? subscriber ?? 'now'} (${kind})`, replica)
  const { contract } = replica.hub
  const link =
    kind === 'loop'
      ? new LoopLink(subscribe())
      : kind === 'sink'
        ? new SinkLink(contract, subscribe, lastId)
        : new ResponseLink(world.serve(contract, subscribe), contract.path, lastId)
  reader.connect(link, { from, isGenuine, epoch, head })
  replicaOf.set(reader, replica)
}

import { parseId } from '@sse/server/engine-kit'
import { LoopConnection } from './loop-connection.ts'
import type { Reader } from './reader.ts'
import { ResponseConnection } from './response-connection.ts'
import { SinkConnection } from './sink-connection.ts'
import type { World } from './world.ts'

const KINDS = { sink: 7, loop: 2, response: 1 }
const REMOTE_KINDS = { sink: 2, loop: 1, response: 7 }

/** Connects a reader to any process with the last id it has: as a connection, a response or a loop. */
export function resume(world: World, reader: Reader): void {
  const { random, reference, commits, replicaOf } = world
  const replica = random.pick(world.replicas)
  const { lastId, isGenuine, subscriber, channels } = reader
  const { epoch, head, oldest } = reference.log
  // A durable subscriber without an id resumes after its commit, or starts at the oldest event without one.
  const commit = subscriber === undefined ? 'now' : (commits.get(subscriber) ?? 'oldest')
  const from = lastId === undefined ? commit : (parseId(lastId) ?? 'nowhere')
  // A connection resumes from its request's id by itself; a loop is given it.
  const subscribe = () => replica.hub.subscribe(channels, { subscriber })
  const kind = random.weighted(world.isRemote ? REMOTE_KINDS : KINDS)
  world.note(`${reader.name} follows ${channels} from ${lastId ?? subscriber ?? 'now'} (${kind})`, replica)
  const { contract } = replica.hub
  const connection =
    kind === 'loop'
      ? new LoopConnection(replica.hub.subscribe(channels, { after: lastId, subscriber }))
      : kind === 'sink'
        ? new SinkConnection(subscribe(), { lastEventId: lastId, heartbeatMs: contract.heartbeatMs })
        : new ResponseConnection(world.serve(contract, subscribe), contract.path, lastId)
  reader.connect(connection, { from, isGenuine, epoch, head, oldest })
  replicaOf.set(reader, replica)
}

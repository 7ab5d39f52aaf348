import { failed, unavailable } from '@sse/server/engine-kit'
import { RedisConnection, type Reply } from './connection.ts'
import { toSseError } from './errors.ts'
import type { Address, ConnectionSettings, RedisSettings } from './options.ts'

/** Finds the server that holds the hub. Called at every connect; rejects with an `SseError`. */
export type FindPrimary = () => Promise<Address>

type ResolveAddress = RedisSettings['resolveAddress']

/** @param key of the hub: its hash slot names the node of a cluster. */
export function primaryFinder(settings: RedisSettings, key: string): FindPrimary {
  const { address, sentinel, cluster, resolveAddress } = settings
  if (sentinel) return sentinelPrimary(sentinel, resolveAddress)
  if (cluster) return clusterPrimary(cluster.nodes, key, settings, resolveAddress)
  return () => Promise.resolve(address)
}

/** Asks the sentinels in turn, starting with the one that answered last. */
function sentinelPrimary(
  settings: NonNullable<RedisSettings['sentinel']>,
  resolve: ResolveAddress,
): FindPrimary {
  const { master, nodes } = settings
  return askInTurn([...nodes], settings, async (sentinel) => {
    const answer = await sentinel.send(['SENTINEL', 'get-master-addr-by-name', master])
    if (answer === null) {
      throw failed(
        `The sentinel at ${sentinel.where} monitors no ${JSON.stringify(master)}: check \`master\``,
      )
    }
    const [host, port] = answer as [string, string]
    return resolve({ host, port: Number(port) })
  })
}

/** Asks the nodes of a cluster in turn which one holds the hash slot of `key`. */
function clusterPrimary(
  nodes: readonly Address[],
  key: string,
  settings: ConnectionSettings,
  resolve: ResolveAddress,
): FindPrimary {
  const known = [...nodes]
  return askInTurn(known, settings, async (node, asked) => {
    const slot = Number(await node.send(['CLUSTER', 'KEYSLOT', key]))
    const ranges = (await node.send(['CLUSTER', 'SLOTS'])) as [number, number, ...Reply[][]][]
    const toAddress = ([host, port]: Reply[]) =>
      resolve({ host: String(host || asked.host), port: Number(port) })
    for (const [, , ...servers] of ranges) {
      for (const address of servers.map(toAddress)) {
        const isKnown = known.some(({ host, port }) => host === address.host && port === address.port)
        if (!isKnown) known.push(address)
      }
    }
    const range = ranges.find(([first, last]) => first <= slot && slot <= last)
    if (!range) {
      throw unavailable(`In the cluster of ${node.where}, no node currently serves hash slot ${slot}`)
    }
    return toAddress(range[2] as Reply[])
  })
}

function askInTurn(
  nodes: Address[],
  settings: ConnectionSettings,
  ask: (connection: RedisConnection, address: Address) => Promise<Address>,
): FindPrimary {
  return async () => {
    let failure: unknown
    for (const address of [...nodes]) {
      let connection: RedisConnection | undefined
      try {
        connection = await RedisConnection.open(address, settings)
        const found = await ask(connection, address)
        nodes.splice(nodes.indexOf(address), 1)
        nodes.unshift(address)
        return found
      } catch (error) {
        failure = toNodeError(error, address, settings.name)
      } finally {
        connection?.destroy()
      }
    }
    throw failure
  }
}

function toNodeError(error: unknown, { host, port }: Address, name: string): unknown {
  const { message } = error as Error
  const where = `${host}:${port}`
  if (/cluster support disabled/.test(message)) {
    return failed(`Redis at ${where} is not a cluster node: pass \`url\` instead of \`cluster\``, error)
  }
  if (/^ERR unknown command .?SENTINEL/i.test(message)) {
    return failed(`Redis at ${where} is not a sentinel: check \`sentinel.nodes\``, error)
  }
  return toSseError(error, { where, name })
}

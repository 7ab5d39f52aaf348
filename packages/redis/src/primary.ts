import { failed, unavailable } from '@sse/server/engine-kit'
import { Connection, type ConnectionSettings, type Reply } from './connection.ts'
import { explain } from './failure.ts'
import type { Address, SentinelOptions } from './redis-options.ts'

/** Finds the server that holds the hub, anew at every connect. Rejects with an `SseError`. */
export type FindPrimary = () => Promise<Address>

type ResolveAddress = (address: Address) => Address

/** Asks the sentinels, the one that answered last first. */
export function sentinelPrimary(
  options: SentinelOptions,
  timeoutMs: number,
  resolve: ResolveAddress,
): FindPrimary {
  const { master, nodes, ...credentials } = options
  return askInTurn([...nodes], { ...credentials, timeoutMs }, async (sentinel) => {
    const answer = await sentinel.send(['SENTINEL', 'get-master-addr-by-name', master])
    if (answer === null) {
      throw failed(`The sentinel at ${sentinel.where} watches no ${JSON.stringify(master)}: check \`master\``)
    }
    const [host, port] = answer as [string, string]
    return resolve({ host, port: Number(port) })
  })
}

/** Asks the nodes of a cluster who holds the hash slot of `key`. */
export function clusterPrimary(
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
    if (!range)
      throw unavailable(`The cluster of ${node.where} has nobody for hash slot ${slot} at the moment`)
    return toAddress(range[2] as Reply[])
  })
}

function askInTurn(
  nodes: Address[],
  settings: ConnectionSettings,
  ask: (connection: Connection, address: Address) => Promise<Address>,
): FindPrimary {
  return async () => {
    let failure: unknown
    for (const address of [...nodes]) {
      let connection: Connection | undefined
      try {
        connection = await Connection.open(address, settings)
        const found = await ask(connection, address)
        nodes.splice(nodes.indexOf(address), 1)
        nodes.unshift(address)
        return found
      } catch (error) {
        failure = explainNode(error, address)
      } finally {
        connection?.destroy()
      }
    }
    throw failure
  }
}

function explainNode(error: unknown, { host, port }: Address): unknown {
  if (/cluster support disabled/.test((error as Error).message)) {
    return failed(`Redis at ${host}:${port} is no cluster: pass \`url\` instead of \`cluster\``, error)
  }
  if (/^ERR unknown command .?SENTINEL/i.test((error as Error).message)) {
    return failed(`Redis at ${host}:${port} is no sentinel: check \`sentinel.nodes\``, error)
  }
  return explain(error, `${host}:${port}`, '')
}

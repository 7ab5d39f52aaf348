import { lookup } from 'node:dns/promises'
import { BlockList, connect, isIP } from 'node:net'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import { failureOf } from '../explain-failure.ts'

/** This machine and private networks. Link-local addresses are not among them: clouds serve credentials there. */
const LOCAL = new BlockList()
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  LOCAL.addSubnet(network, bits, 'ipv4')
}
LOCAL.addAddress('::1', 'ipv6')
LOCAL.addSubnet('fc00::', 7, 'ipv6')

/** Whether an IP address is of this machine or of a private network. */
export function isLocalAddress(address: string): boolean {
  return LOCAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** The host of a URL as `--allow-host` names it: without port and brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/**
 * Resolves with the address that all connections of a URL use: a name that changes while they are open leads nowhere
 * else.
 *
 * @param allowed - hosts that may be outside of this machine and private networks.
 * @throws {CommandError} if any address of the host is outside, and the host is not allowed.
 */
export async function resolveTarget(url: URL, allowed: ReadonlySet<string>): Promise<string> {
  const host = hostOf(url)
  const addresses = await lookup(host, { all: true, order: 'verbatim' }).catch((error: unknown) => {
    throw failureOf(error, url)
  })
  const outside = addresses.find(({ address }) => !isLocalAddress(address))
  if (outside && !allowed.has(host)) {
    const name = outside.address === host ? host : `${host} (${outside.address})`
    throw new CommandError(`${name} is outside of this machine and private networks`, {
      exitCode: EXIT.usage,
      next: `load only servers that are yours: confirm with --allow-host ${host}`,
    })
  }
  const names = addresses.map(({ address }) => address)
  return firstReachable(names, Number(url.port) || (url.protocol === 'https:' ? 443 : 80))
}

/** `localhost` is often two addresses, and the server listens on one. */
async function firstReachable(addresses: readonly string[], port: number): Promise<string> {
  const [first = '', ...others] = addresses
  if (others.length === 0 || (await isReachable(first, port))) return first
  for (const address of others) if (await isReachable(address, port)) return address
  return first
}

function isReachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const settle = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
    socket.on('timeout', () => settle(false))
  })
}

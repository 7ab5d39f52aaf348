/** Connections from one address to one port: Linux assigns 28,232 ports by default, and shares them with others. */
const CONNECTIONS_PER_ADDRESS = 20_000

/**
 * Returns the address that a connection to 127.0.0.0/8 on Linux is made from, so that more than 28,232 have a port each;
 * `undefined` for the system's choice. Other networks have only the addresses that are configured.
 *
 * @param index - number of the connection to this port, from 0.
 */
export function localAddress(
  remoteAddress: string,
  index: number,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const block = Math.floor(index / CONNECTIONS_PER_ADDRESS)
  if (block === 0 || platform !== 'linux' || !remoteAddress.startsWith('127.')) return undefined
  return `127.0.0.${block + 1}`
}

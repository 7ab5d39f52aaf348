import { createServer } from 'node:net'

const FIRST_PORT = 10_000
/** Ports up to 22,000: port + 10,000, which a Redis Cluster node also needs, stays below the ephemeral range too. */
const PORT_COUNT = 12_000

/**
 * Finds a free port below the range that the system assigns from. A server that is killed and restarted on it does not
 * find the port taken by another process's outgoing connection.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT)
    if (await canListen(port)) return port
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Starts it all: Redis, two server processes, and HAProxy before them. Enter restarts the servers, one by one. */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { haproxyConfig } from './haproxy.ts'
import { freePort, requirePrograms, start, stop } from './program.ts'

requirePrograms(['redis-server', 'haproxy'])
const folder = mkdtempSync(join(tmpdir(), 'sse-cluster-'))
const redisPort = await freePort()
const serverPorts = [await freePort(), await freePort()]
const port = Number(process.env.PORT ?? (await freePort()))
const url = `http://localhost:${port}`

const config = join(folder, 'haproxy.cfg')
writeFileSync(config, haproxyConfig(port, serverPorts))
const redis = start('redis-server', [
  ...['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder],
  // A lead that was acknowledged is on disk within a second; `always` for at once.
  ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
])
const servers = serverPorts.map(startServer)
let haproxy: ChildProcess | undefined

function startServer(serverPort: number, index: number): ChildProcess {
  const program = fileURLToPath(new URL('server.ts', import.meta.url))
  const NAME = `server ${index + 1}`
  const REDIS_URL = `redis://127.0.0.1:${redisPort}`
  const PORT = String(serverPort)
  return start(process.execPath, ['--conditions=@sse/source', program], { NAME, REDIS_URL, PORT })
}

async function isHealthy(address: string): Promise<void> {
  const deadline = Date.now() + 20_000
  while (
    !(await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) throw new Error(`${address} does not answer; see above for why`)
    await setTimeout(50)
  }
}

/** One server after the other: the next only when the one before is back. */
async function restart(): Promise<void> {
  for (const [index, serverPort] of serverPorts.entries()) {
    await stop(servers[index] as ChildProcess)
    servers[index] = startServer(serverPort, index)
    await isHealthy(`http://127.0.0.1:${serverPort}/health`)
    // So that the proxy sees it before the next one goes.
    await setTimeout(500)
    console.log(`server ${index + 1} was restarted`)
  }
}

try {
  for (const serverPort of serverPorts) await isHealthy(`http://127.0.0.1:${serverPort}/health`)
  // Afterwards, so that it begins with servers that are there.
  haproxy = start('haproxy', ['-db', '-f', config])
  await isHealthy(`${url}/health`)
} catch (error) {
  console.error(String(error))
  await stopAll()
  process.exit(1)
}
console.log(`Open ${url} in a few windows, then press Enter here to restart the servers, one by one`)

let restarting: Promise<void> = Promise.resolve()
process.stdin.on('data', () => {
  restarting = restarting.then(restart)
})
async function stopAll(): Promise<void> {
  await Promise.all([...servers, haproxy].map((child) => child && stop(child)))
  await stop(redis)
  rmSync(folder, { recursive: true, force: true })
}
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stopAll().then(() => process.exit(0)))
}

/**
 * A process that is not a server: what it takes from its imports to its first `publish`, beside the same by hand.
 *
 * @see docs/internals/benchmarks.md
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { pick } from './common/pick.ts'
import { writeResults } from './common/results.ts'
import { ratioSpread, type Spread, spread } from './common/spread.ts'
import { printTable } from './common/table.ts'
import { ENGINES, type EngineName, startStore } from './publisher/engines.ts'
import { importHub } from './publisher/hub-job.ts'

interface Times {
  readonly ms: number
  readonly cpuMs: number
  readonly closeMs: number
}

const { values } = parseArgs({
  options: {
    engines: { type: 'string' }, // such as redis,nats
    rounds: { type: 'string', default: '15' },
    events: { type: 'string', default: '10000' }, // in the log before
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const rounds = Number(values.rounds)
const events = Number(values.events)
const job = fileURLToPath(new URL('publisher/job.ts', import.meta.url))

async function run(row: 'hub' | 'bare', engine: EngineName, url: string): Promise<Times> {
  const args = [...process.execArgv, job, row, engine, url]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Times
}

/** Connections, writes of the client, and bytes of the server, as a proxy before the server counts them. */
async function countTraffic(engine: EngineName, url: string, port: number) {
  const proxy = await TcpProxy.open(port)
  await run('hub', engine, url.replace(`:${port}`, `:${proxy.port}`))
  const { opened, sent, receivedBytes } = proxy
  await proxy.stop()
  return { connections: opened, writes: sent, receivedBytes }
}

async function measure(engine: EngineName) {
  const store = await startStore(engine)
  const { url, port } = store
  const hub = (await importHub(engine))(url)
  await Promise.all(Array.from({ length: events }, () => hub.publish('team:1', 'lead', 'x'.repeat(120))))
  await hub.close()
  const traffic = port === undefined ? undefined : await countTraffic(engine, url, port)
  const times: Record<'hub' | 'bare', Times[]> = { hub: [], bare: [] }
  for (let round = 0; round < rounds; round += 1) {
    times.hub.push(await run('hub', engine, url))
    if (engine !== 'memory') times.bare.push(await run('bare', engine, url))
  }
  await store.stop()
  const ofHub = (name: keyof Times) => times.hub.map((each) => each[name])
  const ofBare = (name: keyof Times) => times.bare.map((each) => each[name])
  return {
    engine,
    ms: spread(ofHub('ms')),
    cpuMs: spread(ofHub('cpuMs')),
    closeMs: spread(ofHub('closeMs')),
    ...(engine !== 'memory' && {
      bareMs: spread(ofBare('ms')),
      ofBare: ratioSpread(ofHub('ms'), ofBare('ms')),
      cpuOfBare: ratioSpread(ofHub('cpuMs'), ofBare('cpuMs')),
    }),
    ...traffic,
  }
}

const text = ({ median, min, max }: Spread, digits = 1) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} – ${max.toFixed(digits)})`

const engines = []
for (const engine of pick([...ENGINES], values.engines)) {
  engines.push(await measure(engine))
  console.log(`${engine}: measured`)
}
printTable('from the imports to the first publish, ms', [
  ['', 'hub', 'CPU', 'close', 'by hand', 'of it', 'CPU of it', 'connections', 'writes', 'bytes read'],
  ...engines.map(({ engine, ms, cpuMs, closeMs, bareMs, ofBare, cpuOfBare, ...traffic }) => [
    engine,
    ...[ms, cpuMs, closeMs].map((each) => text(each)),
    ...(bareMs && ofBare && cpuOfBare ? [text(bareMs), text(ofBare, 2), text(cpuOfBare, 2)] : ['', '', '']),
    ...[traffic.connections, traffic.writes, traffic.receivedBytes].map((each) => String(each ?? '')),
  ]),
])
if (!values.dry) writeResults('publisher', { rounds, events, engines })

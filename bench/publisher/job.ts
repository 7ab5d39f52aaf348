/** A job: publishes once and closes. Prints the times since its imports as JSON. Arguments: row, engine, URL. */
import { bareJobs } from './bare-job.ts'
import type { EngineName } from './engines.ts'
import { importHub } from './hub-job.ts'

const [row, engine, url] = process.argv.slice(2) as ['hub' | 'bare', EngineName, string]
const DATA = 'x'.repeat(120)

async function prepare(): Promise<() => Promise<() => unknown>> {
  if (row === 'bare') {
    const publish = await bareJobs[engine as keyof typeof bareJobs]()
    return () => publish(url, DATA)
  }
  const open = await importHub(engine)
  return async () => {
    const hub = open(url)
    await hub.publish('team:1', 'lead', DATA)
    return () => hub.close()
  }
}

const publish = await prepare()
const cpu = process.cpuUsage()
const since = performance.now()
const close = await publish()
const ms = performance.now() - since
const { user, system } = process.cpuUsage(cpu)
await close()
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1_000, closeMs: performance.now() - since - ms }))

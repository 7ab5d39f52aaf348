/** One row's server, alone in its process so that its CPU time is its own: `node server.ts <row>`. */
import type { AddressInfo } from 'node:net'
import type { ServerAnswer, ServerOrder } from './messages.ts'
import type { Listen } from './rows.ts'
import { createTicks, type Run, type Ticks } from './ticks.ts'

let ticks: Ticks
let openGate: () => void
let cpu: NodeJS.CpuUsage

const { listen } = (await import(`./rows/${process.argv[2]}.ts`)) as { listen: Listen }
const server = await listen((shape) => ticks(shape))
if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))

process.on('message', (order: ServerOrder) => {
  switch (order.type) {
    case 'prepare':
      prepare(order.run)
      return say({ type: 'prepared' })
    case 'go':
      cpu = process.cpuUsage()
      return openGate()
    case 'stop':
      return say({ type: 'stopped', cpuMs: spentMs(cpu) })
    case 'weigh':
      return say(weigh())
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port: (server.address() as AddressInfo).port })

function prepare(run: Run): void {
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  let started = 0
  ticks = createTicks(run, gate, () => {
    if (++started === run.connections) say({ type: 'started' })
  })
}

function spentMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

function weigh(): ServerAnswer {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { type: 'weighed', heapBytes: heapUsed + external, residentBytes: rss }
}

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}

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
  if (order.type === 'prepare') {
    prepare(order.run)
    say({ type: 'prepared' })
  } else if (order.type === 'go') {
    cpu = process.cpuUsage()
    openGate()
  } else {
    const { user, system } = process.cpuUsage(cpu)
    say({ type: 'stopped', cpuMs: (user + system) / 1000 })
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

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}

/** One row's server, alone in its process so that its CPU time and memory are its own: `node server.ts <row>`. */
import { setTimeout as wait } from 'node:timers/promises'
import { writeHeapSnapshot } from 'node:v8'
import type { ServerAnswer, ServerOrder } from './messages.ts'
import type { StartAcceptor } from './rows.ts'

const COLLECTIONS = 3
const SETTLE_MS = 200

const [row] = process.argv.slice(2)
const { start } = (await import(`./rows/${row}.ts`)) as { start: StartAcceptor }
const acceptor = await start()

process.on('message', async (order: ServerOrder) => {
  switch (order.type) {
    case 'spent': {
      const { user, system } = process.cpuUsage()
      return say({ type: 'spent', cpuMs: (user + system) / 1000, open: acceptor.open() })
    }
    case 'weigh':
      for (let time = 0; time < COLLECTIONS; time++) {
        globalThis.gc?.()
        await wait(SETTLE_MS)
      }
      return say({ type: 'weighed', ...weigh() })
    case 'snapshot':
      writeHeapSnapshot(order.file)
      return say({ type: 'written' })
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port: acceptor.port })

/** The heap with what buffers hold outside of it, and the resident set. */
function weigh() {
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapBytes: heapUsed + external, residentBytes: rss }
}

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}

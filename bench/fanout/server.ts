/** One row's server, alone in its process so that its CPU time is its own: `node server.ts <row> <options>`. */
import { ownCpuMs, settledPssBytes } from '../common/own-process.ts'
import type { Burst, ServerAnswer, ServerOrder } from './messages.ts'
import { parseOptions } from './options.ts'
import type { StartPublisher } from './rows.ts'
import { makeText, makeTick } from './tick.ts'

const [row, options] = process.argv.slice(2)
const { start } = (await import(`./rows/${row}.ts`)) as { start: StartPublisher }
const publisher = await start(parseOptions(options as string))
let published = 0

process.on('message', async (order: ServerOrder) => {
  switch (order.type) {
    case 'publish':
      await publish(order.burst)
      return say({ type: 'published' })
    case 'cpu':
      return say({ type: 'cpu', cpuMs: publisher.cpuMs?.() ?? ownCpuMs() })
    case 'weigh':
      return say({ type: 'weighed', heapBytes: heapBytes() })
    case 'pss':
      return say({ type: 'pss', pssBytes: await settledPssBytes() })
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port: publisher.port })

async function publish({ turns, eventsPerTurn, payloadBytes }: Burst): Promise<void> {
  const text = makeText(payloadBytes)
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    await publisher.publish(Array.from({ length: eventsPerTurn }, () => makeTick(published++, text)))
  }
}

/** The heap, and what buffers hold outside of it. */
function heapBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}

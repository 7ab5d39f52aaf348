import { connect } from 'node:net'
import { Child } from '../common/child.ts'
import type { Costs, CountedAnswer, CountedOrder, Opening } from './messages.ts'

/** Without the optimizing compilers, which leave out allocations and calls depending on when they ran. */
const REPEATABLE = ['--no-opt', '--no-maglev', '--sampling-heap-profiler-suppress-randomness']

/** Counts a scenario in its process. */
export async function measure(scenario: string): Promise<Costs> {
  const child = new Child<CountedOrder, CountedAnswer>(new URL('./counted.ts', import.meta.url), [scenario], {
    execArgv: REPEATABLE,
    // V8 does not count the blocks of functions that come from a cache.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
    timeoutMs: 300_000,
  })
  const sockets: { destroy(): void }[] = []
  child.on('open', async ({ opening }) => {
    sockets.push(await open(opening))
    child.send({ type: 'opened' })
  })
  try {
    return (await child.hear('counted')).costs
  } finally {
    child.stop()
    for (const socket of sockets) socket.destroy()
  }
}

function open({ port, lastEventId, until, times = 1 }: Opening): Promise<{ destroy(): void }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `GET /ticks HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n${lastEventId ? `last-event-id: ${lastEventId}\r\n` : ''}\r\n`,
      ),
    )
    let text: string | undefined = ''
    socket.setEncoding('latin1').on('error', reject)
    socket.on('data', (chunk: string) => {
      if (text === undefined) return
      text += chunk
      if (text.split(until).length <= times) return
      text = undefined
      resolve(socket)
    })
  })
}

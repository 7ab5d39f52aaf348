import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { EngineServer } from '../fleet/engines/engine-server.ts'
import { openLog } from './open-log.ts'
import { startRuns } from './scope.ts'

/** What happens to a run whose engine's server is killed and started again, later than the lease. */
export function restartTest(name: string, serverOf: () => EngineServer): void {
  it(`a run on ${name} survives a crash of its server that is longer than its lease`, {
    timeout: 120_000,
  }, async () => {
    const { url, server } = serverOf()
    const options = { leaseMs: 4_000 } // longer than one process may reconnect after the other
    const { runs } = startRuns(await openLog(url), options)
    const { runs: elsewhere } = startRuns(await openLog(url), options)
    const count = 150
    let yielded = 0
    const run = await runs.start('restarted', async function* ({ event }) {
      for (; yielded < count; yielded += 1) {
        yield event('step', { n: yielded })
        await setTimeout(10)
      }
    })
    const viewing = (async () => {
      let seen: number[] = []
      for (;;) {
        try {
          for await (const { event, payload } of elsewhere.follow('restarted')) {
            if (event === 'gap') seen = []
            else seen.push((payload as { n: number }).n)
          }
          return seen
        } catch {
          seen = [] // as a client that connects again
          await setTimeout(50)
        }
      }
    })()
    while (yielded < 30) await setTimeout(5)
    await server?.kill()
    await setTimeout(4_500)
    await server?.start()
    expect(await run.done).toEqual({ status: 'completed' })
    const all = Array.from({ length: count }, (_, n) => n)
    expect(await viewing).toEqual(all)
  })
}

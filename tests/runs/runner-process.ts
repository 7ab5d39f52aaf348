/** A process that starts a run of ten steps, after which the run waits, and prints what happens to it. */
import { setTimeout } from 'node:timers/promises'
import { createRuns } from '@sse/server/runs'
import { answers } from './answers.ts'
import { openLog } from './open-log.ts'

const [url = '', id = '', leaseMs, maxAttempts] = process.argv.slice(2)
const runs = createRuns(answers, {
  engine: await openLog(url),
  leaseMs: Number(leaseMs),
  onError: (error) => console.log(`error ${error}`),
})
const run = await runs.start(
  id,
  async function* ({ event, signal, attempt }) {
    console.log(`running ${attempt}`)
    signal.addEventListener('abort', () => console.log(`aborted ${signal.reason.code}`))
    for (let n = 0; n < 10; n += 1) {
      yield event('step', { n })
      await setTimeout(10)
    }
    // It writes nothing while it waits: paused in the middle of a write, it would hold the lock of an SQLite file.
    for (let before = Date.now(); ; before = Date.now()) {
      await setTimeout(20)
      if (Date.now() - before > 1_000) yield event('step', { n: 1_000 })
    }
  },
  { maxAttempts: Number(maxAttempts) },
)
console.log(run.joined ? 'joined' : 'started')
setInterval(() => {}, 60_000)
const { status } = await run.done
console.log(`done ${status}`)

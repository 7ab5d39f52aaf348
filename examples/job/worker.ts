/** Does the jobs. Start as many of these processes as you like: one of them does each job. */
import { setTimeout } from 'node:timers/promises'
import { createRuns, type RunSource } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { LEASE_MS, openDatabase, RUNS_FILE } from './database.ts'
import { imports } from './imports.ts'

const LOOK_EVERY_MS = 200
/** What a slow system behind the import takes for a row. */
const ROW_MS = 15

const database = openDatabase()
const runs = createRuns(imports, {
  engine: sqlite(RUNS_FILE),
  leaseMs: LEASE_MS,
  // A row takes 15 ms, and a page needs to know less often.
  merge: { progress: (_earlier, later) => later },
})

function importCsv(job: string, csv: string): RunSource<typeof imports> {
  return async function* ({ event, attempt, signal }) {
    const rows = csv.trim().split(/\r?\n/).slice(1)
    let customers = 0
    yield event('started', { worker: process.pid, attempt, total: rows.length })
    for (const [n, row] of rows.entries()) {
      await setTimeout(ROW_MS, undefined, { signal })
      const line = n + 2 // the first line has the names of the columns
      const [name = '', email = ''] = row.split(',').map((cell) => cell.trim())
      if (name === '') yield event('skipped', { line, reason: 'no name' })
      else if (!email.includes('@'))
        yield event('skipped', { line, reason: `"${email}" is no email address` })
      else {
        database.addCustomer(job, line, name, email)
        customers += 1
      }
      yield event('progress', { done: n + 1 })
    }
    yield event('imported', { customers })
  }
}

/** Every worker starts every job: one runs it, the others are there to take it over. */
async function work(id: string, csv: string): Promise<void> {
  try {
    const run = await runs.start(id, importCsv(id, csv), { maxAttempts: 2 })
    await run.done
    database.endJob(id)
  } catch (error) {
    // The job is started again at the next look, or by another worker.
    started.delete(id)
    if (!isClosing) console.error(error)
  }
}

const started = new Set<string>()
let isClosing = false
const looking = setInterval(() => {
  for (const { id, csv } of database.waitingJobs()) {
    if (started.has(id)) continue
    started.add(id)
    void work(id, csv)
  }
}, LOOK_EVERY_MS)
console.log(`Worker ${process.pid} waits for jobs`)

async function stop(): Promise<void> {
  if (isClosing) return
  isClosing = true
  clearInterval(looking)
  await runs.drain({ graceMs: 0 }) // another worker takes over what this one has not finished
  await runs.close()
  database.close()
  process.disconnect?.()
}
for (const name of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(name, stop)

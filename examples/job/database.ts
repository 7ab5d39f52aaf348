import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const folder = process.env.DATA ?? `${import.meta.dirname}/data`
mkdirSync(folder, { recursive: true })

/** The log of the runs, which server and workers share. It is separate from the tables of the app. */
export const RUNS_FILE = `${folder}/runs.db`
/** Within which a worker that was killed is noticed. The same in every process. */
export const LEASE_MS = 2_000

interface Job {
  id: string
  csv: string
}

/** Tables of the app: the jobs that wait for a worker, and the customers that they import. */
export function openDatabase() {
  const database = new DatabaseSync(`${folder}/app.db`)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, csv TEXT NOT NULL, hasEnded INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS customers (
      job TEXT NOT NULL, line INTEGER NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, PRIMARY KEY (job, line))`)
  const insertJob = database.prepare('INSERT INTO jobs (id, csv) VALUES (?, ?)')
  const selectJobs = database.prepare('SELECT id, csv FROM jobs WHERE NOT hasEnded')
  const updateJob = database.prepare('UPDATE jobs SET hasEnded = 1 WHERE id = ?')
  // A second attempt finds the rows of the first.
  const insertCustomer = database.prepare('INSERT OR IGNORE INTO customers VALUES (?, ?, ?, ?)')

  return {
    addJob: (csv: string): string => {
      const id = crypto.randomUUID()
      insertJob.run(id, csv)
      return id
    },
    waitingJobs: () => selectJobs.all() as unknown as Job[],
    endJob: (id: string) => updateJob.run(id),
    addCustomer: (job: string, line: number, name: string, email: string) =>
      insertCustomer.run(job, line, name, email),
    close: () => database.close(),
  }
}

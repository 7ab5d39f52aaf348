/** Starts the web server in this process, and the workers in others: one, or as many as `WORKERS` says. */
import { fork } from 'node:child_process'

const workers = Array.from({ length: Number(process.env.WORKERS ?? 1) }, () => {
  const worker = fork(`${import.meta.dirname}/worker.ts`)
  worker.once('exit', (code, signal) => {
    console.log(`Worker ${worker.pid} has ended (${signal ?? code})`)
  })
  return worker
})
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    for (const worker of workers) worker.kill(name)
  })
}
await import('./server.ts')

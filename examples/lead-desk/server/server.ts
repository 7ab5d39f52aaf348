import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildApp } from './app.ts'
import { buildPage } from './build-page.ts'
import { choosePort } from './choose-port.ts'
import { DEMO_PASSWORD } from './people.ts'
import { openStore } from './store.ts'

const folder = process.env.LEAD_DESK_DATA ?? fileURLToPath(new URL('../data/', import.meta.url))
mkdirSync(folder, { recursive: true })

const page = await buildPage()
const store = await openStore(folder, {
  maxEvents: Number(process.env.LEAD_DESK_MAX_EVENTS) || undefined,
  engine: process.env.LEAD_DESK_ENGINE || undefined,
})
const app = await buildApp({ store, page })

const port = await choosePort()
await app.listen({ port })
console.log(
  `Open http://localhost:${port} and sign in as Dana, Ada, Ben or Chloe; the password is "${DEMO_PASSWORD}"`,
)

let isStopping = false
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // The terminal, the shell and the package manager may each send the signal.
  process.on(name, () => {
    if (!isStopping) stop()
  })
}

async function stop(): Promise<void> {
  isStopping = true
  // The pages reconnect, to the next process.
  await store.hub.drain({ graceMs: 500 })
  await app.close()
  await store.close()
}

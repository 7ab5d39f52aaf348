/**
 * What an open connection weighs while its generator waits: heap (after a full collection) and resident memory.
 *
 * @see docs/internals/benchmarks.md
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Child } from './common/child.ts'
import type { ReaderAnswer, ReaderOrder, ServerAnswer, ServerOrder } from './generator/messages.ts'
import { ROW_NAMES, type RowName } from './generator/rows.ts'

/** Opened before the first weighing, so that code and caches are not counted. */
const WARM_UP_CONNECTIONS = 500
const CONNECTIONS = 2000
/** Long enough for late headers to be out. */
const SETTLE_MS = 500

console.log(`bytes a connection, ${CONNECTIONS} idle connections`)
console.log(`  ${'row'.padEnd(12)}${'heap'.padStart(10)}${'resident'.padStart(10)}`)
for (const row of ROW_NAMES) {
  const { heapBytes, residentBytes } = await weigh(row)
  const cells = [heapBytes, residentBytes].map((bytes) => Math.round(bytes).toLocaleString('en').padStart(10))
  console.log(`  ${row.padEnd(12)}${cells.join('')}`)
}

async function weigh(row: RowName) {
  const server = new Child<ServerOrder, ServerAnswer>(
    new URL('./generator/server.ts', import.meta.url),
    [row],
    {
      execArgv: ['--expose-gc'],
    },
  )
  const reader = new Child<ReaderOrder, ReaderAnswer>(new URL('./generator/reader.ts', import.meta.url))
  try {
    const [{ port }] = await Promise.all([server.hear('listening'), reader.hear('ready')])
    const open = async (connections: number) => {
      const run = { connections, eventsPerConnection: 1, eventsPerTurn: 1 }
      const prepared = server.hear('prepared')
      server.send({ type: 'prepare', run })
      await prepared
      const started = server.hear('started')
      reader.send({ type: 'read', port, run, verify: false }) // it waits for events that never come
      await started
      await wait(SETTLE_MS)
      const weighed = server.hear('weighed')
      server.send({ type: 'weigh' })
      return weighed
    }
    const before = await open(WARM_UP_CONNECTIONS)
    const after = await open(CONNECTIONS)
    return {
      heapBytes: (after.heapBytes - before.heapBytes) / CONNECTIONS,
      residentBytes: (after.residentBytes - before.residentBytes) / CONNECTIONS,
    }
  } finally {
    reader.stop()
    server.stop()
  }
}

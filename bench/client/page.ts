// The same rows in a page; `runRow` is called by the bench.
import type { Row } from './row.ts'
import { run as eventsource } from './rows/eventsource.ts'
import { run as client } from './rows/eventsource-client.ts'
import { run as extended } from './rows/extended.ts'
import { run as fetchEventSource } from './rows/fetch-event-source.ts'
import { run as fetchEventStream } from './rows/fetch-event-stream.ts'
import { run as plain } from './rows/plain.ts'
import { run as sse } from './rows/sse.ts'
import { Count, fetchOf, makeChunks, type Shape } from './stream.ts'

const rows: Record<string, Row> = {
  plain,
  sse,
  eventsource,
  'es-client': client,
  'fetch-es': fetchEventSource,
  'fetch-stream': fetchEventStream,
  'extended-es': extended,
}

async function runRow(name: string, shape: Shape): Promise<{ ms: number; problem: string | undefined }> {
  const chunks = makeChunks(shape)
  const count = new Count(shape)
  const startedAt = performance.now()
  await rows[name]?.('http://test/', fetchOf(chunks), count)
  return { ms: performance.now() - startedAt, problem: count.problem }
}
Object.assign(globalThis, { runRow })

// One row in a process of its own: what one does to the compiler is not the next one's.
import type { ReaderAnswer, ReaderOrder } from './messages.ts'
import { ROWS, type RowName } from './rows.ts'
import { Count, fetchOf, makeChunks, type Shape } from './stream.ts'

const name = process.argv[2] as RowName
const { run } = await ROWS[name].load()
const network = globalThis.fetch
const tell = (answer: ReaderAnswer) => process.send?.(answer)

let made: { key: string; chunks: Uint8Array[] } | undefined
function chunksOf(shape: Shape): Uint8Array[] {
  const key = JSON.stringify(shape)
  if (made?.key !== key) made = { key, chunks: makeChunks(shape) }
  return made.chunks
}

process.on('message', async ({ shape, url }: ReaderOrder) => {
  const count = new Count(shape)
  const fetcher = url ? network : fetchOf(chunksOf(shape))
  const before = process.cpuUsage()
  await run(url ?? 'http://test/', fetcher, count)
  const { user, system } = process.cpuUsage(before)
  const { problem } = count
  tell({ type: 'ran', ms: (user + system) / 1_000, ...(problem && { problem }) })
})
process.on('disconnect', () => process.exit())
tell({ type: 'ready' })

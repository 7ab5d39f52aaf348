import { type byteChunks as ByteChunks, byteChunks, resumableStore } from '@sse/ai/assistant-ui'
import { memory } from '@sse/server'
import { createRuns, type Runs } from '@sse/server/runs'

/** Stands for the package's own store, under its name, in the package's own tests. */
export function createInMemoryResumableStreamStore(): ReturnType<typeof resumableStore> & {
  dispose(): void
} {
  const runs: Runs<typeof ByteChunks> = createRuns(byteChunks, { engine: memory() })
  return Object.assign(resumableStore(runs), { dispose: () => void runs.close() })
}

import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { resolveSource } from '../../../vitest.shared.ts'

/** Tests of what the package's own store has beyond the interface: its options, its clock, the format of its cursors. */
const OWN =
  /TTL|sweep|deadline|expir|maxChunkBytes|maxEntriesPerStream|maxStreams|gc |append errors before source|source cleanup when error|fenced out|long default|long per-stream|delivers live updates|superseded producer/

// The tests that `assistant-stream` publishes for its stores, run on ours.
export default defineConfig({
  ...resolveSource,
  plugins: [
    {
      name: 'our-store',
      enforce: 'pre',
      resolveId: (id) =>
        /InMemoryResumableStreamStore$/.test(id)
          ? fileURLToPath(new URL('store.ts', import.meta.url))
          : undefined,
    },
  ],
  test: {
    root: realpathSync(fileURLToPath(new URL('../../node_modules/assistant-stream', import.meta.url))),
    include: ['src/resumable/**/{InMemory,Resumable,createResumable,integration}*.test.ts'],
    exclude: [],
    testNamePattern: new RegExp(`^(?!.*(${OWN.source}))`),
    server: { deps: { inline: [/assistant-stream/, /@sse\//] } },
  },
})

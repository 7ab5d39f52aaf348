import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { byteChunks, resumableStore } from '@sse/ai/assistant-ui'
import { memory } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { createResumableStreamContext } from 'assistant-stream/resumable'
import { expect, it } from 'vitest'

const run = promisify(execFile)

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

it('the store passes the tests that assistant-stream publishes for stores', async () => {
  const config = fileURLToPath(new URL('published/vitest.config.ts', import.meta.url))
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), 'sse-published-'))
  const outputFile = join(folder, 'report.json')
  const args = [vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${outputFile}`]
  // Its exit code says the same as the report.
  await run(process.execPath, args).catch(() => {})
  const report: Report = JSON.parse(await readFile(outputFile, 'utf8'))
  await rm(folder, { recursive: true })
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const titlesOf = (wanted: string) =>
    results.filter(({ status }) => status === wanted).map(({ title }) => title)
  expect(titlesOf('failed')).toEqual([])
  expect(titlesOf('passed').length).toBeGreaterThanOrEqual(50)
}, 60_000)
const bytes = (text: string) => new TextEncoder().encode(text)
async function read(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  return stream ? await new Response(stream).text() : 'none'
}

it('a stream is read whole by its producer, by a second caller, and after its end', async () => {
  await using runs = createRuns(byteChunks, { engine: memory() })
  const context = createResumableStreamContext({ store: resumableStore(runs) })
  const make = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        // Not UTF-8, and a part of a character.
        controller.enqueue(bytes('Grüße, '))
        controller.enqueue(bytes('Ada'))
        controller.close()
      },
    })
  const [one, other] = [await context.run('a', make), await context.run('a', make)]
  expect(await read(one)).toBe('Grüße, Ada')
  expect(await read(other)).toBe('Grüße, Ada')
  expect(await read(await context.resume('a'))).toBe('Grüße, Ada')
  expect(await context.resume('unknown')).toBeNull()
})

it.each(['', 'a b', 'a/b', 'a'.repeat(257), '../x'])('the stream id %j is refused', async (id) => {
  await using runs = createRuns(byteChunks, { engine: memory() })
  await expect(async () => resumableStore(runs).acquire(id)).rejects.toMatchObject({ code: 'invalid-id' })
})

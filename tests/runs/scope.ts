import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Engine } from '@sse/server/engine-kit'
import { sse } from '@sse/server/node'
import { createRuns, type Runs, type RunsOptions } from '@sse/server/runs'
import { StreamReader } from '@sse/test-support/stream-reader'
import { afterEach, beforeEach } from 'vitest'
import { type Answers, answers } from './answers.ts'

const open: (() => unknown)[] = []

let running = 0
beforeEach(() => {
  running += 1
})
// Of tests that run at the same time, the last one closes everything.
afterEach(async () => {
  running -= 1
  if (running > 0) return
  for (const close of open.splice(0).reverse()) await close()
})

/** Calls `close` when the test ends and none runs beside it, the last one first. */
export function closeLater(close: () => unknown): void {
  open.push(close)
}

/** The runs of one process: an engine with connections of its own. */
export interface RunsProcess {
  readonly runs: Runs<Answers>
  /** What failed in the background. */
  readonly errors: unknown[]
}

/** Creates runs that are closed when the test ends. */
export function startRuns(engine: Engine, options: RunsOptions<Answers> = {}): RunsProcess {
  const errors: unknown[] = []
  const runs = createRuns(answers, { engine, onError: (error) => errors.push(error), ...options })
  closeLater(() => runs.close())
  return { runs, errors }
}

/** Mounts a process's runs, and returns how to read one. */
export async function serve(
  runs: Runs<Answers>,
): Promise<(id: string, lastEventId?: string) => Promise<StreamReader>> {
  const server = createServer(sse(runs, { authorize: () => true, onError() {} }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeLater(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return async (id, lastEventId) => {
    const reader = await StreamReader.open(
      `http://127.0.0.1:${port}/answers/${encodeURIComponent(id)}`,
      lastEventId,
    )
    closeLater(() => reader.close())
    return reader
  }
}

/** Reads a run to its end. Gaps are in the list as `gap: reason`. */
export async function readRun(runs: Runs<Answers>, id: string, after?: string): Promise<unknown[]> {
  const seen: unknown[] = []
  for await (const { event, payload } of runs.follow(id, { after })) {
    seen.push(event === 'gap' ? `gap: ${(payload as { reason: string }).reason}` : payload)
  }
  return seen
}

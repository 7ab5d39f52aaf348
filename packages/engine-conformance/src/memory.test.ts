import { memory } from '@sse/server'
import { describe, it } from 'vitest'
import { engineSuite, hubModel } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 200)

async function open() {
  const engine = memory()
  return { engine, close: () => engine.close() }
}

describe('memory()', () => {
  for (const { name, run } of engineSuite({ name: 'memory', open, seeds })) it(name, run, 60_000)

  it('memory: the id of a heartbeat resumes exactly', async () => {
    for (let seed = 1; seed <= seeds / 10; seed += 1) await hubModel({ seed, open, heartbeatMs: 1 })
  }, 60_000)
})

import { describe, it } from 'vitest'
import { memory } from '../hub/memory-engine.ts'
import { engineSuite } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 2_000)

async function open() {
  const engine = memory()
  return { engine, close: () => engine.close() }
}

describe('memory()', () => {
  for (const { name, run } of engineSuite({ name: 'memory', open, seeds })) it(name, run, 60_000)
})

import type { Engine } from '@sse/server/engine-kit'

/** Counts the reads of an engine, the hub's own included. */
export function countReads(engine: Engine): () => number {
  const read = engine.read.bind(engine)
  let reads = 0
  engine.read = (...given) => {
    reads += 1
    return read(...given)
  }
  return () => reads
}

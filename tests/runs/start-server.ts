import { afterAll, beforeAll } from 'vitest'
import type { EngineServer } from '../fleet/engines/engine-server.ts'
import { type EngineName, startEngine } from '../fleet/engines/start-engine.ts'

/** Starts an engine's store for the tests of a file. Returns it, once they run. */
export function startServer(name: EngineName): () => EngineServer {
  let server: EngineServer | undefined
  beforeAll(async () => {
    server = await startEngine(name)
  })
  afterAll(() => server?.[Symbol.asyncDispose]())
  return () => server as EngineServer
}

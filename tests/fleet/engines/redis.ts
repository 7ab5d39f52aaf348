import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type ServerProgram, startServer } from '../../support/process.ts'
import type { EngineServer, EngineStartOptions } from './engine-server.ts'

/** A Redis that has everything on disk before it answers; or nothing, so that a restart forgets it all. */
export async function startRedis({ isDurable = true }: EngineStartOptions = {}): Promise<EngineServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sse-fleet-'))
  const port = await freePort()
  const disk = isDurable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...disk]
  let program: ServerProgram | undefined
  const urlAt = (at: number) => `redis://127.0.0.1:${at}`
  const start = async () => {
    program = await startServer('redis-server', () => args, { port })
  }
  await start()
  return {
    url: urlAt(port),
    isDurable,
    server: {
      port,
      urlAt,
      start,
      kill: async () => program?.stop('SIGKILL'),
      signal: (name) => program?.signal(name),
    },
    async [Symbol.asyncDispose]() {
      await program?.stop('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

import { requireProgram } from '../../support/process.ts'
import type { EngineServer, EngineStartOptions } from './engine-server.ts'
import { startRedis } from './redis.ts'
import { startSqlite } from './sqlite.ts'

interface Kind {
  start(options?: EngineStartOptions): Promise<EngineServer>
  /** The program that it needs on this machine. */
  program?: string
}

const kinds = {
  sqlite: { start: startSqlite },
  redis: { start: startRedis, program: 'redis-server' },
} satisfies Record<string, Kind>

export type EngineName = keyof typeof kinds
export const engineNames = Object.keys(kinds) as EngineName[]

/** Whether an engine can be started on this machine: said once when it cannot, and thrown in CI. */
export function hasEngine(name: EngineName): boolean {
  const { program }: Kind = kinds[name]
  return program === undefined || requireProgram(program) !== undefined
}

/** Whether it is a process of its own, and can be harmed. */
export function isServer(name: EngineName): boolean {
  const { program }: Kind = kinds[name]
  return program !== undefined
}

export function startEngine(name: EngineName, options?: EngineStartOptions): Promise<EngineServer> {
  return kinds[name].start(options)
}

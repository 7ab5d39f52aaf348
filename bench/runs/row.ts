import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisServer } from '@sse/test-support/redis-server'
import { Child } from '../common/child.ts'
import type { Plan, ReaderAnswer, ReaderOrder, ServerAnswer, ServerOrder } from './messages.ts'
import type { Engine, Kind } from './rows.ts'

const TIMEOUT_MS = 120_000
let rounds = 0

/** What one measurement of a row cost its server. */
export interface Cost {
  cpuMs: number
  /** From the first token to the last one at the last client. */
  elapsedMs: number
  /** Entries of the log. */
  entries: number
  residentBytes: number
  lagsMs: number[]
}

type Started = Pick<Row, 'server' | 'port'>

async function startServer(args: string[], execArgv: string[]): Promise<Started> {
  const server: Row['server'] = new Child(new URL('./server.ts', import.meta.url), args, {
    execArgv,
    timeoutMs: TIMEOUT_MS,
  })
  const { port } = await server.hear('listening')
  return { server, port }
}

/** A row: a server in a separate process, with its file or Redis. */
export class Row {
  readonly name: string
  readonly kind: Kind
  readonly engine: Engine
  readonly server: Child<ServerOrder, ServerAnswer>
  readonly port: number
  readonly #release: () => unknown
  readonly #args: string[]

  static async start(kind: Kind, engine: Engine, execArgv: string[] = []): Promise<Row> {
    const folder = mkdtempSync(join(tmpdir(), 'sse-runs-'))
    const redis = engine === 'redis' ? await RedisServer.start() : undefined
    const args = [kind, engine, redis?.url ?? join(folder, 'log.db')]
    const { server, port } = await startServer(args, execArgv)
    const release = async () => {
      server.stop()
      await redis?.stop()
      rmSync(folder, { recursive: true })
    }
    return new Row({ kind, engine, server, port, release, args })
  }

  private constructor({
    kind,
    engine,
    server,
    port,
    release,
    args,
  }: Pick<Row, 'kind' | 'engine' | 'server' | 'port'> & { release: () => unknown; args: string[] }) {
    this.kind = kind
    this.engine = engine
    this.name = `${kind}, ${engine}`
    this.server = server
    this.port = port
    this.#release = release
    this.#args = args
  }

  /** Starts another server on the same file or Redis. */
  startOther(): Promise<Started> {
    return startServer(this.#args, [])
  }

  stop(): unknown {
    return this.#release()
  }
}

export type Reader = Child<ReaderOrder, ReaderAnswer>

export async function startReader(): Promise<Reader> {
  const reader: Reader = new Child(new URL('./reader.ts', import.meta.url), [], { timeoutMs: TIMEOUT_MS })
  await reader.hear('ready')
  return reader
}

/** Returns a prefix that no other measurement has. */
export function newPrefix(): string {
  rounds += 1
  return `s${rounds}x`
}

/** Opens the viewers, then the gate, and waits until every viewer has every token. */
export async function runPlan(
  { server, port, name }: Row,
  reader: Reader,
  { viewers, ...wanted }: Omit<Plan, 'prefix'> & { viewers: number },
): Promise<Cost> {
  const plan = { ...wanted, prefix: newPrefix() }
  await server.ask({ type: 'prepare', plan }, 'prepared')
  const seen = reader.hear('seen')
  await reader.ask({ type: 'view', port, plan, viewers }, 'opened')
  const startedAt = performance.now()
  await server.ask({ type: 'go' }, 'went')
  const { problem, lagsMs } = await seen
  const elapsedMs = performance.now() - startedAt
  if (problem) throw new Error(`${name}: ${problem}`)
  const { cpuMs, entries, residentBytes } = await server.ask({ type: 'spent' }, 'spent')
  return { cpuMs, elapsedMs, entries, residentBytes, lagsMs }
}

import { type Spread, spread } from '../common/spread.ts'
import { printTable } from '../common/table.ts'
import { newPrefix, type Reader, Row, runPlan } from './row.ts'
import type { Kind } from './rows.ts'

const KINDS: Kind[] = ['run', 'merged', 'resumable']
const COST = { streams: 100, tokensPerStream: 100, everyMs: 20 }
/** Tokens that a stream has when a second client resumes it. */
const RESUMED_TOKENS = 500
const RESUMES = 20
const OPEN_STREAMS = 500
const OPEN_TOKENS = 100
const KILL_WAIT_MS = 25_000

export interface ResumableRow {
  row: string
  /** Median of a round, from the request of a second client to the first token it gets, in milliseconds. */
  resumeMs: Spread
  /** CPU time of the server for a token with one viewer, and with three, in microseconds. */
  tokenUs: Spread
  threeViewersUs: Spread
  /** Heap of the server for an open stream with 100 tokens and one viewer, in bytes. */
  openBytes: number
  /** What a client gets that resumes on another process after the producer was killed. */
  killed: string
}

/** A run on Redis against the package `resumable-stream` on Redis, in alternating rounds. */
export async function measureResumable(
  reader: Reader,
  { rounds, step }: { rounds: number; step: (what: string) => void },
): Promise<ResumableRow[]> {
  const rows: Row[] = []
  for (const kind of KINDS) rows.push(await Row.start(kind, 'redis', ['--expose-gc']))
  const figures = rows.map(() => ({ resume: [] as number[], one: [] as number[], three: [] as number[] }))
  const found: ResumableRow[] = []
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, row] of rows.entries()) {
        step(`against resumable-stream: ${row.name}, round ${round} of ${rounds}`)
        const resume = await timeResumes(row, reader)
        const one = await costOf(row, reader, 1)
        const three = await costOf(row, reader, 3)
        if (round === 0) continue
        figures[index]?.resume.push(resume)
        figures[index]?.one.push(one)
        figures[index]?.three.push(three)
      }
    }
    for (const [index, row] of rows.entries()) {
      step(`against resumable-stream: ${row.name}, open streams and a killed producer`)
      const { resume, one, three } = figures[index] as (typeof figures)[number]
      found.push({
        row: row.kind === 'resumable' ? 'resumable-stream' : row.kind === 'merged' ? 'run, merge' : 'run',
        resumeMs: spread(resume),
        tokenUs: spread(one),
        threeViewersUs: spread(three),
        openBytes: await weighOpen(row, reader),
        killed: await resumeAfterKill(row, reader),
      })
    }
  } finally {
    for (const row of rows) await row.stop()
  }
  return found
}

async function costOf(row: Row, reader: Reader, viewers: number): Promise<number> {
  const { cpuMs } = await runPlan(row, reader, { ...COST, viewers })
  return (cpuMs * 1000) / (COST.streams * COST.tokensPerStream)
}

/** The stream has all but its last token; that one comes far too late. */
async function timeResumes(row: Row, reader: Reader): Promise<number> {
  const { stream } = await openStreams(row, reader, 1, RESUMED_TOKENS)
  const ms: number[] = []
  for (let n = 0; n < RESUMES; n += 1) {
    const order = { type: 'resume', port: row.port, stream, tokens: RESUMED_TOKENS, waitMs: 10_000 } as const
    const { firstMs, problem } = await reader.ask(order, 'resumed')
    if (problem) throw new Error(`${row.name}: ${problem}`)
    ms.push(firstMs)
  }
  await reader.ask({ type: 'close' }, 'closed')
  return spread(ms).median
}

async function weighOpen(row: Row, reader: Reader): Promise<number> {
  const before = await row.server.ask({ type: 'weigh' }, 'weighed')
  await openStreams(row, reader, OPEN_STREAMS, OPEN_TOKENS)
  const after = await row.server.ask({ type: 'weigh' }, 'weighed')
  await reader.ask({ type: 'close' }, 'closed')
  return (after.heapBytes - before.heapBytes) / OPEN_STREAMS
}

/** Opens streams that have some tokens and then wait, each with one viewer. */
async function openStreams(row: Row, reader: Reader, streams: number, tokensPerStream: number) {
  const plan = { prefix: newPrefix(), streams, tokensPerStream, everyMs: 0, stays: true }
  await row.server.ask({ type: 'prepare', plan }, 'prepared')
  const seen = reader.hear('seen')
  await reader.ask({ type: 'view', port: row.port, plan, viewers: 1 }, 'opened')
  await row.server.ask({ type: 'go' }, 'went')
  const { problem } = await seen
  if (problem) throw new Error(`${row.name}: ${problem}`)
  return { stream: `${plan.prefix}0` }
}

/** A client resumes on another process, once the one that ran the producer is gone. */
async function resumeAfterKill(row: Row, reader: Reader): Promise<string> {
  const { stream } = await openStreams(row, reader, 1, OPEN_TOKENS)
  const other = await row.startOther()
  row.server.kill()
  await reader.ask({ type: 'close' }, 'closed')
  try {
    const order = { type: 'resume', port: other.port, stream, waitMs: KILL_WAIT_MS } as const
    const { tokens, status, endedMs, end } = await reader.ask(order, 'resumed')
    const ended =
      endedMs === undefined
        ? `open after ${KILL_WAIT_MS / 1000} s`
        : `ended after ${(endedMs / 1000).toFixed(1)} s`
    return `${status || 'no response'}, ${tokens} of ${OPEN_TOKENS} tokens, ${ended}${end ? `: ${end}` : ''}`
  } finally {
    other.server.stop()
  }
}

export function printResumable(rows: readonly ResumableRow[]): void {
  printTable(`Against resumable-stream, on Redis: resumes of ${RESUMED_TOKENS} tokens`, [
    ['', 'resume, ms', 'CPU a token, µs', '3 viewers', 'heap of an open stream, bytes', 'producer killed'],
    ...rows.map(({ row, resumeMs, tokenUs, threeViewersUs, openBytes, killed }) => [
      row,
      show(resumeMs),
      show(tokenUs),
      show(threeViewersUs),
      Math.round(openBytes).toLocaleString('en'),
      killed,
    ]),
  ])
}

function show({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} (${min.toFixed(1)} – ${max.toFixed(1)})`
}

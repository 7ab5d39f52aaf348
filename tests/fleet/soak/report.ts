import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

export interface SoakResult {
  engine: string
  seconds: number
  servers: number
  readers: number
  publishers: number
  maxEvents: number
  published: number
  publishRetries: number
  delivered: number
  lost: number
  repeated: number
  gaps: Record<string, number>
  reconnects: number
  moves: number
  faults: Record<string, number>
  latencyMs: Record<'calm' | 'all', { p50: number; p99: number; events: number }>
  memory: { afterSeconds: number; heapMb: number; rssMb: number }[]
  problems: string[]
}

type Stored = SoakResult & ReturnType<typeof machine>

const results = new URL('results/', import.meta.url)
const page = new URL('../../../docs/operations/soak.md', import.meta.url)

/** Replaces the stored result of an engine, and writes the page from all stored results. */
export function writeReport(result: SoakResult): void {
  mkdirSync(results, { recursive: true })
  const stored: Stored = { ...machine(), ...result }
  writeFileSync(new URL(`${result.engine}.json`, results), `${JSON.stringify(stored, null, 2)}\n`)
  const all = readdirSync(results).map((file) => JSON.parse(readFileSync(new URL(file, results), 'utf8')))
  writeFileSync(page, render(all as Stored[]))
}

function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    /** Load average over 15 minutes; includes other work of the machine. */
    load: Math.round(loadavg()[2] as number),
  }
}

function render(all: Stored[]): string {
  const head = ['', ...all.map(({ engine }) => engine)]
  const row = (name: string, of: (result: Stored) => string | number) => [
    name,
    ...all.map((result) => {
      const value = of(result)
      return typeof value === 'number' ? value.toLocaleString('en') : value
    }),
  ]
  const kinds = (of: (result: Stored) => Record<string, number>) => [
    ...new Set(all.flatMap((r) => Object.keys(of(r)))),
  ]
  const ms = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(1)} / ${p99.toFixed(0)}`
  const mb = (at: number) => (result: Stored) => {
    const weight = result.memory.at(at)
    return weight ? `${weight.heapMb} / ${weight.rssMb}` : ''
  }
  const lines = [
    head,
    head.map(() => '---'),
    row('date', ({ date }) => date),
    row(
      'machine',
      ({ cores, cpu, memoryGb, node }) => `${cores} cores (${cpu}), ${memoryGb} GB, Node ${node}`,
    ),
    row('load average of the machine', ({ load }) => load),
    row('seconds under faults', ({ seconds }) => seconds),
    row('server processes / readers / publishers', (r) => `${r.servers} / ${r.readers} / ${r.publishers}`),
    row('events kept', ({ maxEvents }) => maxEvents),
    row('events published', ({ published }) => published),
    row('publishes that were retried', ({ publishRetries }) => publishRetries),
    row('events delivered', ({ delivered }) => delivered),
    row('**lost without a gap**', ({ lost }) => `**${lost}**`),
    row('**duplicated or out of order**', ({ repeated }) => `**${repeated}**`),
    row('other broken promises', ({ problems, lost, repeated }) => problems.length - lost - repeated),
    ...kinds(({ gaps }) => gaps).map((kind) =>
      row(`gaps reported: \`${kind}\``, ({ gaps }) => gaps[kind] ?? 0),
    ),
    ...kinds(({ faults }) => faults).map((kind) => row(`faults: ${kind}`, ({ faults }) => faults[kind] ?? 0)),
    row('reconnects', ({ reconnects }) => reconnects),
    row('of those, moved to another server', ({ moves }) => moves),
    row('latency without faults, p50 / p99 ms', ({ latencyMs }) => ms(latencyMs.calm)),
    row('latency overall, p50 / p99 ms', ({ latencyMs }) => ms(latencyMs.all)),
    row('memory of a process at the start, heap / RSS MB', mb(0)),
    row('memory of that process at the end, heap / RSS MB', mb(-1)),
  ]
  return `# Soak

This page shows long runs under load and faults: three real server processes on one engine, a fault every few seconds, and every event
of every reader compared with what was published.

\`\`\`sh
node scripts/dev.mjs soak --engine redis --seconds 600
\`\`\`

The command prints its progress, exits with 1 if a promise was broken, and writes this page.

${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

How the figures are made:

- **Published** counts events a server acknowledged. A publisher waits for each answer, and retries with the same
  \`idempotencyKey\`, on another server if necessary, until it has one.
- **Lost without a gap**: an event in the log at that time, on a channel of the reader, between the reader's position and the next
  gap or the end, that did not arrive. **Duplicated**: a position that the reader already had, or had passed.
- **Gaps** are counted per reader. On Redis a restart of the server is a new epoch, so every reader gets a gap, although here
  everything was on the disk.
- **Faults** come from outside: \`kill -9\` of a server process or of the engine, and a start up to half a second later;
  \`SIGSTOP\` for up to 2.5 s; all connections of a server's readers, or its connections to the engine, reset at once. In
  addition, one reader per second moves to another server.
- **Latency** is measured from the publisher's request to the reader's callback: two HTTP hops, the engine, and the process that
  publishes and reads, which shares the cores with all the others. *Without faults*: from 3 s after each fault to the next.
- **Memory** is that of the one server process that is never killed, after a garbage collection.

## What it has found

The first ten minutes on Redis broke one promise, once: a reader that moved to a process which had just been cut off from Redis got a
false \`gap\` (\`ahead\`), and then events it already had. Such a process now refuses the reader, which reconnects. The runs above are
from after that fix.
`
}

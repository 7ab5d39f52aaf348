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
const page = new URL('../../../docs/SOAK.md', import.meta.url)

/** Keeps the result of an engine in place of its last one, and writes the page from all that are kept. */
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
    /** Of the last quarter of an hour: what else the machine did is in it. */
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
    row('load of the machine, with what else it did', ({ load }) => load),
    row('seconds under faults', ({ seconds }) => seconds),
    row('server processes / readers / publishers', (r) => `${r.servers} / ${r.readers} / ${r.publishers}`),
    row('events kept', ({ maxEvents }) => maxEvents),
    row('events published', ({ published }) => published),
    row('publishes that were asked for again', ({ publishRetries }) => publishRetries),
    row('events delivered', ({ delivered }) => delivered),
    row('**lost in silence**', ({ lost }) => `**${lost}**`),
    row('**doubled, or out of order**', ({ repeated }) => `**${repeated}**`),
    row('other broken promises', ({ problems, lost, repeated }) => problems.length - lost - repeated),
    ...kinds(({ gaps }) => gaps).map((kind) => row(`gaps said: \`${kind}\``, ({ gaps }) => gaps[kind] ?? 0)),
    ...kinds(({ faults }) => faults).map((kind) => row(`faults: ${kind}`, ({ faults }) => faults[kind] ?? 0)),
    row('reconnects', ({ reconnects }) => reconnects),
    row('of those, readers sent to another server', ({ moves }) => moves),
    row('latency while nothing was broken, p50 / p99 ms', ({ latencyMs }) => ms(latencyMs.calm)),
    row('latency of everything, p50 / p99 ms', ({ latencyMs }) => ms(latencyMs.all)),
    row('memory of a process at first, heap / RSS MB', mb(0)),
    row('memory of the same at last, heap / RSS MB', mb(-1)),
  ]
  return `# Soak

Three real server processes on one engine, under load, with a fault every few seconds, and every reader's every event held
against what was published.

\`\`\`sh
node scripts/dev.mjs soak --engine redis --seconds 600
\`\`\`

It prints how far it is, ends with 1 if a promise was broken, and writes this page.

${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

What stands behind the lines:

- **Published** is what a server acknowledged. A publisher waits for each answer, and asks again with the same
  \`idempotencyKey\`, another server if need be, until it has one.
- **Lost in silence**: an event in the log of that time, on a channel of the reader, after where it stood and before the next
  gap or the end, that did not come. **Doubled**: a position that a reader had, or had passed.
- **Gaps** count each reader. On Redis a restart of the server is another epoch, so everybody is told, although this
  one had everything on the disk.
- **Faults** come from outside: \`kill -9\` of a server process or of the engine, and a start up to half a second later;
  \`SIGSTOP\` for up to 2.5 s; all connections of a server's readers, or its connections to the engine, reset at once.
  Besides, a reader a second goes to another server.
- **Latency** is from the moment at which a publisher sends its request to the reader's callback: two HTTP hops, the
  engine, and the process that publishes and reads, which has to share the cores with all the others. *Nothing was broken*: from 3 s after
  each fault to the next.
- **Memory** is that of the one server process that is never killed, after a collection.

## What it has found

The first ten minutes on Redis broke one promise, once: a reader that moved to a process which had just been cut off from Redis
was told of a \`gap\` (\`ahead\`) that was none, and shown again what it had. A process that cannot ask now refuses, and the
reader comes back; the runs above are of after that.
`
}

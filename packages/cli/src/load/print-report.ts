import plot from 'simple-ascii-chart'
import { printableLine } from '../printable.ts'
import { redact } from '../redact.ts'
import type { Terminal } from '../terminal.ts'
import type { Counts } from './counts.ts'
import type { Latencies, Percentiles } from './latencies.ts'
import type { LoadReport } from './load-report.ts'

/** Rows of the chart, from top to bottom. */
const CHART_PERCENTS = [50, 75, 90, 95, 99, 99.9, 100]
/** Beyond it, the figures are those of this process rather than of the server. */
const LATE_MS = 20

/** What can be done about an error, by its code. */
const ADVICE: Record<string, string> = {
  EMFILE: 'this process has too many open files: raise ulimit -n',
  ENFILE: 'the system has too many open files: raise fs.file-max',
  EADDRNOTAVAIL: 'no local port is free: widen net.ipv4.ip_local_port_range, or load from several machines',
  ECONNREFUSED:
    'nothing listened, or the backlog was full: see listen(port, { backlog }) and net.core.somaxconn',
  NO_ANSWER: 'the connection was accepted, and no answer came within --timeout',
  CUT_OFF: 'the response ended in the middle: the server or a proxy broke off',
}

/** Returns the limits of a run, in one line. */
export function describePlan(
  targets: readonly { readonly template: string; readonly destination: { readonly address: string } }[],
  connections: number,
  { rate, for: holdMs }: { readonly rate: number; readonly for: number },
): string {
  const where = targets.map(({ template, destination }) => {
    const { address } = destination
    return template.includes(address) ? redact(template) : `${redact(template)} (${address})`
  })
  const openingMs = (connections / rate) * 1_000
  return `${number(connections)} connections to ${where.join(' and ')}: ${number(rate)} per second for ${seconds(openingMs)}, then ${seconds(holdMs)}`
}

/** Prints what a person reads. */
export function printReport(report: LoadReport, { print, colors, columns }: Terminal): void {
  const { tally, figures } = report
  const { connections, behind, client, connect, delivery } = figures
  const row = (name: string, text: string, isWrong = false) =>
    print(`${colors.bold(name.padEnd(12))}${isWrong ? colors.red(text) : text}`)
  row('connections', describeConnections(connections), connections.opened < connections.started)
  row(
    'reconnects',
    `${number(tally.reconnects)}, after ${number(tally.closes)} responses that the server closed`,
  )
  row('refusals', list(tally.refusals), tally.refusals.total > 0)
  row('errors', list(tally.errors), tally.errors.total > 0)
  row('gaps', list(tally.gaps), tally.gaps.total > 0)
  row('events', `${number(tally.events)}, ${number(figures.eventsPerSecond)} per second`)
  row('bytes', `${number(tally.bytes / 1_000)} KB, ${number(figures.bytesPerSecond / 1_000)} KB per second`)
  row('losses', describeLosses(report), tally.missing + tally.repeated + behind.events > 0)
  print('')
  print(`${' '.repeat(12)}${['p50', 'p90', 'p99', 'max'].map((name) => name.padStart(12)).join('')}`)
  latencyRow('connect', connect, print)
  if (delivery) latencyRow('delivery', delivery, print)
  print('')
  for (const line of describeDelivery(report)) print(colors.dim(line))
  const usage = describeProcess(client)
  print(client.lateP99 > LATE_MS ? colors.red(usage) : colors.dim(usage))
  if (delivery) print(`\n${chart('delivery', tally.delivery, columns)}`)
  else if (connect) print(`\n${chart('connect', tally.connect, columns)}`)
  for (const [kind] of tally.errors.entries()) {
    if (ADVICE[kind]) print(`${kind}: ${ADVICE[kind]}`)
  }
}

function describeProcess({
  memoryBytes,
  memoryBytesPerConnection,
  cpu,
  lateP99,
}: LoadReport['figures']['client']): string {
  const memory = `${number(memoryBytes / 1e6)} MB, ${number(memoryBytesPerConnection / 1_000)} KB per connection with Node itself`
  return `this process: ${memory}; ${Math.round(cpu * 100)} % of a core; late by ${ms(lateP99)} (p99), which the latencies contain`
}

function describeConnections({
  started,
  opened,
  open,
  ended,
  failed,
}: LoadReport['figures']['connections']): string {
  const parts = [`${number(opened)} of ${number(started)} opened`, `${number(open)} open at the end`]
  if (ended > 0) parts.push(`${number(ended)} ended by the server`)
  if (failed > 0) parts.push(`${number(failed)} gave up`)
  return parts.join(', ')
}

function describeLosses({ tally, isCompared, figures: { behind } }: LoadReport): string {
  if (!isCompared) return 'not compared: each connection gets its own events'
  if (tally.withId === 0) return 'not compared: the events have no ids'
  const late =
    behind.connections > 0 ? `, ${number(behind.events)} on ${number(behind.connections)} connections` : ''
  return `${number(tally.missing)} missing, ${number(tally.repeated)} repeated, ${number(behind.events)} not arrived at the end${late}`
}

function describeDelivery({ tally, timeField, deliveryMeasure }: LoadReport): string[] {
  const lines = {
    'time-field': [`delivery: from the time in "${timeField}", by the server's clock, to its arrival here`],
    spread: [
      'delivery: from the first connection that got an event to each of the others; --time-field measures from the server',
    ],
    none: ['delivery: not measured; name a field with the time in --time-field'],
  }[deliveryMeasure]
  if (deliveryMeasure !== 'none')
    lines.push(
      `not timed, because they are from before their connection opened: ${number(tally.caughtUp)} events`,
    )
  if (tally.untimed > 0) lines.push(`${number(tally.untimed)} events have no time in "${timeField}"`)
  if (tally.early > 0) lines.push(`${number(tally.early)} events are from the future: the clocks differ`)
  return lines
}

function latencyRow(name: string, percentiles: Percentiles | undefined, print: (line: string) => void): void {
  if (!percentiles) return
  const { p50, p90, p99, max } = percentiles
  print(`${name.padEnd(12)}${[p50, p90, p99, max].map((value) => ms(value).padStart(12)).join('')}`)
}

/** Percentiles as bars. */
function chart(name: string, latencies: Latencies, columns: number): string {
  const rows = CHART_PERCENTS.map((percent) => {
    const value = latencies.percentile(percent)
    return { label: `${percent === 100 ? 'max' : `p${percent}`} ${ms(value).padStart(10)}`, value }
  }).reverse()
  rows.push({ label: '', value: 0 }) // bars start at zero; this row is left out
  const width = Math.max(...rows.map(({ label }) => label.length))
  const drawn = plot(
    rows.map(({ value }, index): [number, number] => [value, index]),
    {
      mode: 'horizontalBar',
      width: Math.max(20, Math.min(columns, 100) - width - 4),
      height: rows.length,
      yRange: [0, rows.length - 1],
      hideXAxis: true,
      hideXAxisTicks: true,
      showTickLabel: true,
      symbols: { axis: { n: '│', y: '│' } },
      formatter: (value, { axis }) => (axis === 'y' ? (rows[value]?.label ?? '').padStart(width) : value),
    },
  )
  const lines = drawn.split('\n').filter((line) => /\d/.test(line))
  return [`${name} latency by percentile`, ...lines.map((line) => line.trimEnd())].join('\n')
}

function list(counts: Counts): string {
  const entries = counts.entries().map(([kind, count]) => `${number(count)} × ${printableLine(kind)}`)
  return entries.join(', ') || 'none'
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : number(value)} ms`
}

function seconds(ms: number): string {
  return `${number(Math.ceil(ms / 1_000))} s`
}

import { printableLine } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import type { Tally } from './log-sample.ts'
import type { Snapshot } from './snapshot.ts'

/** Maximum number of rows of a table. */
const MAX_ROWS = 20
/** Maximum length of a name. */
const MAX_NAME = 40

/** Returns the text that shows a snapshot to a person. */
export function formatSnapshot(snapshot: Snapshot, { colors }: Pick<Terminal, 'colors'>): string {
  const { address, epoch, channels, events, subscribers, present, runs } = snapshot
  const now = Date.parse(snapshot.at)
  const bold = (title: string) => colors.bold(title)
  const tallied = (title: string, rows: readonly [string, Tally][]) =>
    table(
      [title, 'events', 'size', 'largest', 'newest'],
      rows.map(([name, { events, bytes, largest, newestAt }]) => [
        name,
        number(events),
        size(bytes),
        size(largest),
        ago(now - newestAt),
      ]),
      bold,
    )
  return [
    `${bold(printableLine(address))}  ${colors.dim(`epoch ${printableLine(epoch)}`)}\n${extent(snapshot, now)}`,
    tallied(
      'channel',
      channels.map(({ channel, ...tally }) => [channel, tally]),
    ),
    tallied(
      'event',
      events.map(({ event, ...tally }) => [event, tally]),
    ),
    table(
      ['subscriber', 'position', 'behind'],
      subscribers.items
        .toSorted((a, b) => (b.behind ?? Infinity) - (a.behind ?? Infinity))
        .map(({ subscriber, position, behind }) => [
          subscriber,
          number(position),
          behind === null ? 'another epoch' : number(behind),
        ]),
      bold,
      subscribers.total,
    ),
    table(
      ['present in', 'identities', ''],
      present.channels.map(({ channel, identities }) => [
        channel,
        number(identities.length),
        identities.slice(0, 5).join(', ') + (identities.length > 5 ? ' …' : ''),
      ]),
      bold,
    ),
    table(
      ['run', 'status', 'attempt', 'started', 'events', 'size'],
      runs
        .toReversed()
        .map(({ id, status, code, isAlive, attempt, startedAt, events, size: length }) => [
          id,
          status === 'running' && !isAlive
            ? 'running, its process is gone'
            : [status, code].filter(Boolean).join(' '),
          number(attempt),
          ago(now - startedAt),
          number(events),
          size(length),
        ]),
      bold,
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function extent({ head, oldest, sample }: Snapshot, now: number): string {
  const total = head - oldest + 1
  if (total <= 0) return head === 0 ? 'no events yet' : `no events: all ${number(head)} were trimmed`
  const text = `${number(total)} ${total === 1 ? 'event' : 'events'}, positions ${number(oldest)} to ${number(head)}`
  const read = Math.max(0, sample.to - sample.from + 1)
  if (read >= total) return `${text}, the oldest ${ago(now - sample.oldestAt)}`
  const more = sample.to < head ? 'as many as one look reads' : '--sample reads more'
  return `${text}\nBelow are events ${number(sample.from)} to ${number(sample.to)}: ${more}`
}

function table(
  titles: readonly string[],
  all: readonly (readonly string[])[],
  bold: (text: string) => string,
  total = all.length,
): string {
  if (all.length === 0) return ''
  const rows = all.slice(0, MAX_ROWS).map((row) => row.map(shorten))
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const more = total > rows.length ? [`… ${number(total - rows.length)} more`] : []
  return [bold(line(titles)), ...rows.map(line), ...more].join('\n')
}

function shorten(text: string): string {
  const line = printableLine(text)
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME - 1).replace(/[\ud800-\udbff]$/, '')}…` : line
}

const number = (value: number): string => value.toLocaleString('en')

function size(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1_024 ** power).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}

const UNITS: readonly [ms: number, name: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
]

function ago(ms: number): string {
  const [unit, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1_000, 's']
  return `${Math.max(0, Math.round(ms / unit))} ${name} ago`
}

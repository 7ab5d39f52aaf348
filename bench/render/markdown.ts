import type { Spread } from '../common/spread.ts'
import type { RunInfo } from './bench.ts'

/** A table of Markdown. The first line has the headings. */
export function markdownTable(
  [headings = [], ...lines]: readonly (readonly string[])[],
  align: 'left' | 'right' = 'left',
): string {
  const rule = headings.map(() => (align === 'right' ? '---:' : '---'))
  return [
    `| ${headings.join(' | ')} |`,
    `|${rule.join('|')}|`,
    ...lines.map((line) => `| ${line.join(' | ')} |`),
  ].join('\n')
}

/** When and where the figures were measured, as a sentence. */
export function measured({ date, node, cpu, cores }: RunInfo, how: string): string {
  const machine = `${cores} cores${cpu ? ` (${cpu})` : ''}`
  return `Measured on ${date.slice(0, 10)}: Node ${node.slice(1)}, ${machine}, ${how}.`
}

/** `0.98 (0.73 – 1.09)`: the median, and the range over the rounds. */
export function rangeOf({ median, min, max }: Spread, digits = 2): string {
  const [middle, from, to] = [median, min, max].map((value) => thousands(value, digits))
  return `${middle} (${from} – ${to})`
}

/** A number with separators of thousands. */
export function thousands(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** `**hub**` for rows of this project. */
export function rowName(row: string, role?: string): string {
  return role === 'ours' ? `**${row}**` : row
}

/** Versions of all packages that the rows name, each once. */
export function versionList(rows: readonly { versions: Readonly<Record<string, string>> }[]): string {
  const all = new Map(rows.flatMap(({ versions }) => Object.entries(versions)))
  return [...all]
    .filter(([name]) => !name.startsWith('@sse/'))
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

/** A table with one line for each row, and one column for each cell that was measured. */
export function pivot<Row extends { readonly row: string; readonly role?: string }>(
  columns: readonly { readonly title: string; readonly rows: readonly Row[] }[],
  text: (row: Row) => string,
): string {
  const names = [...new Map(columns.flatMap(({ rows }) => rows.map((row) => [row.row, row.role])))]
  const cell = (name: string, rows: readonly Row[]) => {
    const row = rows.find((each) => each.row === name)
    return row ? text(row) : ''
  }
  return markdownTable([
    ['row', ...columns.map(({ title }) => title)],
    ...names.map(([name, role]) => [rowName(name, role), ...columns.map(({ rows }) => cell(name, rows))]),
  ])
}

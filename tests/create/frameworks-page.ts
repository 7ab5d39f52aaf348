import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PAGE = fileURLToPath(new URL('../../docs/start/frameworks.md', import.meta.url))
const templates = new URL('../../packages/create-sse/templates/', import.meta.url)

/** What a drive has shown. A field without a value was not shown. */
export interface Shown {
  /** When the server noticed that a client had left. */
  leaving?: string
  /** What a page gets after the server was killed and started again. */
  resuming?: string
  /** What a save does during development. */
  saving?: string
}

/** The row of the table of frameworks for a template, from what a drive has shown. */
export function rowOf(template: string, { leaving = '', resuming = '', saving = '' }: Shown): string {
  const { description } = JSON.parse(readFileSync(new URL(`${template}/package.json`, templates), 'utf8'))
  return `| [\`${template}\`](${template}.md) | ${description} | ${leaving} | ${resuming} | ${saving} |`
}

/** The row of the page, or an empty text. With `UPDATE_DOCS` set, the given row is written first. */
export function readRow(template: string, shown: string): string {
  if (process.env.UPDATE_DOCS) writeRow(template, shown)
  return rows(readFileSync(PAGE, 'utf8')).find((row) => isRowOf(row, template)) ?? ''
}

function writeRow(template: string, shown: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const others = rows(page).filter((row) => !isRowOf(row, template))
  const table = [...others, shown].sort().join('\n')
  writeFileSync(PAGE, page.replace(/^(\|---.*\n)(\| \[.*\n)*/m, `$1${table}\n`))
}

const rows = (page: string) => page.split('\n').filter((line) => line.startsWith('| [`'))
const isRowOf = (row: string, template: string) => row.startsWith(`| [\`${template}\`]`)

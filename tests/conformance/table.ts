// Writes docs/CONFORMANCE.md from the tables that the tests in Node and in both browsers hold every transport to.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Dispatched, PARSING, type TransportName } from './parsing.ts'
import { RESPONSES } from './responses.ts'

export const PAGE: URL = new URL('../../docs/CONFORMANCE.md', import.meta.url)

const columns: TransportName[] = [
  'fetch',
  'EventSource class',
  'native Chromium',
  'native Firefox',
  'native WebKit',
  'polyfill',
]
const shown = (events: Dispatched[]): string =>
  events.length === 0
    ? 'nothing'
    : events
        .map(([event, data, id]) => `\`${[event, data, id].map((part) => JSON.stringify(part)).join(' ')}\``)
        .join(', ')

interface Case {
  readonly name: string
  readonly deviations?: Partial<Record<TransportName, unknown>>
}

function rows(cases: readonly Case[], describe: (deviation: never) => string): string[] {
  const notes: string[] = []
  const lines = cases.map(({ name, deviations = {} }) => {
    const cells = columns.map((column) => {
      if (!(column in deviations)) return '✓'
      notes.push(`${name}, ${column}: ${describe(deviations[column] as never)}`)
      return `✗ (${notes.length})`
    })
    return `| ${name.replaceAll('|', '\\|')} | ${cells.join(' | ')} |`
  })
  const header = ['', ...columns]
  return [
    `| ${header.join(' | ')} |`,
    `|${header.map(() => '---').join('|')}|`,
    ...lines,
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}`),
  ]
}

const score = (cases: readonly Case[], column: TransportName): number =>
  cases.filter(({ deviations = {} }) => !(column in deviations)).length

/** The page as it must be. */
export function conformancePage(): string {
  const sums = columns.map((column) => {
    const right = [PARSING, RESPONSES].map((cases) => `${score(cases, column)} of ${cases.length}`)
    return `| ${column} | ${right.join(' | ')} |`
  })
  return `${[
    '# Conformance',
    '',
    'How each transport reads a stream, held against the standard, case by case. Every cell is a test in Chromium, Firefox ESR and',
    'WebKitGTK as Debian ships them, fetch and the class also in Node, and what is read in Bun, Deno and workerd too; the polyfill',
    'not in WebKit. What is not native is alike in all of them. A deviation is asserted as it is, so that one that goes away is noticed. Beside these,',
    'any split of any bytes must give the events of the standard’s own',
    'text (2,000 random streams in Node), and in Chromium those of the browser’s `EventSource`.',
    '',
    'Written by `node scripts/dev.mjs conformance`.',
    '',
    '| | reading a stream | what must be a stream |',
    '|---|---|---|',
    ...sums,
    '',
    '## Reading a stream',
    '',
    ...rows(PARSING, shown),
    '',
    '## What must be a stream before it is read',
    '',
    'Refused, ended or read: by status and content type.',
    '',
    ...rows(RESPONSES, (outcome: string) => (outcome === 'open' ? 'is read' : `refuses it (\`${outcome}\`)`)),
  ].join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, conformancePage())

// Writes docs/internals/conformance.md from the tables that the tests in Node and in the browsers run.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Dispatched, PARSING, type TransportName } from './parsing.ts'
import { RESPONSES } from './responses.ts'

export const PAGE: URL = new URL('../../docs/internals/conformance.md', import.meta.url)

const columns: TransportName[] = [
  'fetch',
  'XMLHttpRequest',
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

/** Returns the page's text. */
export function conformancePage(): string {
  const sums = columns.map((column) => {
    const right = [PARSING, RESPONSES].map((cases) => `${score(cases, column)} of ${cases.length}`)
    return `| ${column} | ${right.join(' | ')} |`
  })
  return `${[
    '# Conformance',
    '',
    'This page shows how each transport reads a stream, compared with the standard, case by case. Every cell is a test in Chromium,',
    'Firefox ESR and WebKitGTK as packaged by Debian; `fetch` and the class also run in Node, and the parsing cases in Bun, Deno and',
    'workerd. The polyfill is not tested in WebKit. Transports other than the native ones behave the same in all of them, except XMLHttpRequest in WebKit, which loses an event after a byte order mark that is split between chunks. A deviation is',
    'asserted as it is, so that a test fails when it disappears. In addition, any split of any bytes must give the events of the',
    'standard’s own text (2,000 random streams in Node), and in Chromium those of the browser’s `EventSource`.',
    '',
    'Written by `node scripts/dev.mjs conformance`.',
    '',
    '| | reading a stream | accepting a response |',
    '|---|---|---|',
    ...sums,
    '',
    '## Reading a stream',
    '',
    ...rows(PARSING, shown),
    '',
    '## Accepting a response',
    '',
    'Whether a response is rejected, ends the stream or is read, by status and content type.',
    '',
    ...rows(RESPONSES, (outcome: string) => (outcome === 'open' ? 'is read' : `rejects it (\`${outcome}\`)`)),
  ].join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, conformancePage())

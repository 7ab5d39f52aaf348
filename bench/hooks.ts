/**
 * A busy stream into the hooks of each framework: renders a second and the time of the page's main thread.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { type CDPSession, chromium } from 'playwright'
import { Child } from './common/child.ts'
import { versions, writeResults } from './common/results.ts'
import { spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { bundle } from './hooks/bundle.ts'
import type { Report } from './hooks/report.ts'

const RATE = 10_000
const SECONDS = 5
const LAST = RATE * SECONDS
const PACKAGES: Record<string, string[]> = {
  connect: [],
  react: ['react', 'react-dom'],
  vue: ['vue'],
  svelte: ['svelte'],
  solid: ['solid-js'],
  angular: ['@angular/core'],
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: Object.keys(PACKAGES).join() },
    rounds: { type: 'string', default: '3' },
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})
const names = values.rows.split(',')

interface Round {
  eventsPerSecond: number
  rendersPerSecond: number
  /** CPU milliseconds of the main thread for each second: all tasks, and the scripts in them. */
  taskMs: number
  scriptMs: number
}

const server = new Child<never, { type: 'listening'; port: number }>(
  new URL('./hooks/server.ts', import.meta.url),
  [String(RATE), String(LAST)],
)
const origin = `http://127.0.0.1:${(await server.hear('listening')).port}`
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const rounds = new Map<string, Round[]>(names.map((name) => [name, []]))
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const name of names) rounds.get(name)?.push(await run(name))
  }
} finally {
  await browser.close()
  server.stop()
}

const rows = names.map((row) => {
  const of = (field: keyof Round) => spread((rounds.get(row) ?? []).map((round) => round[field]))
  return {
    row,
    versions: versions(PACKAGES[row] ?? []),
    eventsPerSecond: of('eventsPerSecond'),
    rendersPerSecond: of('rendersPerSecond'),
    taskMs: of('taskMs'),
    scriptMs: of('scriptMs'),
  }
})
printTable('10,000 events a second for 5 s, in Chromium; none was lost', [
  ['', 'events per s', 'renders per s', 'main thread, ms per s', 'of it scripts'],
  ...rows.map((row) => [
    row.row,
    count(row.eventsPerSecond.median),
    `${row.rendersPerSecond.median.toFixed(0)} (${row.rendersPerSecond.min.toFixed(0)} – ${row.rendersPerSecond.max.toFixed(0)})`,
    `${row.taskMs.median.toFixed(0)} (${row.taskMs.min.toFixed(0)} – ${row.taskMs.max.toFixed(0)})`,
    `${row.scriptMs.median.toFixed(0)} (${row.scriptMs.min.toFixed(0)} – ${row.scriptMs.max.toFixed(0)})`,
  ]),
])
if (!values.dry) writeResults('hooks', { rate: RATE, seconds: SECONDS, rounds: Number(values.rounds), rows })

async function run(name: string): Promise<Round> {
  const page = await browser.newPage()
  try {
    await page.goto(origin)
    await page.addScriptTag({ content: await bundle(name) })
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const before = await mainThread(session)
    await page.evaluate(() => (globalThis as unknown as { start(): unknown }).start())
    const isOver = (last: number) =>
      (globalThis as unknown as { report: Report }).report.events >= last &&
      document.body.textContent?.startsWith(`${last}`)
    await page.waitForFunction(isOver, LAST, { polling: 250, timeout: 60_000 })
    const after = await mainThread(session)
    const { events, lost, renders, seconds } = await page.evaluate(() => {
      const { report } = globalThis as unknown as { report: Report }
      const seconds = (report.endedAt - report.startedAt) / 1_000
      return { events: report.events, lost: report.lost, renders: report.renders, seconds }
    })
    if (lost !== 0 || events !== LAST) throw new Error(`${name}: ${events} events arrived, ${lost} were lost`)
    return {
      eventsPerSecond: events / seconds,
      rendersPerSecond: renders / seconds,
      taskMs: (after.task - before.task) / seconds,
      scriptMs: (after.script - before.script) / seconds,
    }
  } finally {
    await page.close()
  }
}

/** Milliseconds of its CPU that the page's main thread took so far. */
async function mainThread(session: CDPSession): Promise<{ task: number; script: number }> {
  const { metrics } = await session.send('Performance.getMetrics')
  const ms = (name: string) => (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1_000
  return { task: ms('TaskDuration'), script: ms('ScriptDuration') }
}

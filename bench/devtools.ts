/**
 * A page that follows 10,000 events a second, without the devtools, with the panel collapsed, and with it open: what
 * the page's main thread is busy with, and the frames it paints.
 *
 * @see docs/internals/benchmarks.md
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { chromium, type Page } from 'playwright'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { type Spread, spread } from './common/spread.ts'
import { printTable } from './common/table.ts'
import type { Counts } from './devtools/page.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const rounds = Number(values.rounds)
const EVENTS_PER_TURN = 100
const TURN_MS = 10
const SECONDS = 3
const ROWS = ['none', 'collapsed', 'open'] as const
type Row = (typeof ROWS)[number]
interface Sample {
  /** Of the main thread, in milliseconds of CPU for each second. */
  busyMs: number
  frames: number
  eventsPerSecond: number
}

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('devtools/page.ts', import.meta.url))],
  conditions: ['@sse/source'],
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
})
const script = outputFiles[0]?.text ?? ''
const frame = `id: e-1\ndata: ${JSON.stringify({ n: 1, text: 'x'.repeat(80) })}\n\n`.repeat(EVENTS_PER_TURN)
const server = createServer((req, res) => {
  if (req.url !== '/stream') {
    res.setHeader('content-type', 'text/html').end(`<!doctype html><script type="module">${script}</script>`)
    return
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  // By the clock, not by the timer: a machine that is busy gets as many.
  const started = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    for (; sent < (performance.now() - started) / TURN_MS; sent += 1) res.write(frame)
  }, TURN_MS)
  res.once('close', () => clearInterval(timer))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})

const samples: Record<Row, Sample[]> = { none: [], collapsed: [], open: [] }
const step = showProgress(rounds * ROWS.length)
for (let round = 0; round < rounds; round += 1) {
  for (const row of round % 2 === 0 ? ROWS : ROWS.toReversed()) {
    step(row)
    samples[row].push(await measure(row))
  }
}
await browser.close()
server.closeAllConnections()
server.close()

const results = ROWS.map((row) => ({
  row,
  busyMs: spread(samples[row].map(({ busyMs }) => busyMs)),
  frames: spread(samples[row].map(({ frames }) => frames)),
  eventsPerSecond: spread(samples[row].map(({ eventsPerSecond }) => eventsPerSecond)),
}))
const show = ({ median, min, max }: Spread) => `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`
printTable(`a page at 10,000 events a second, ${rounds} rounds`, [
  ['panel', 'main thread, ms of CPU a second', 'frames a second', 'events a second'],
  ...results.map(({ row, busyMs, frames, eventsPerSecond }) => [
    row,
    show(busyMs),
    show(frames),
    show(eventsPerSecond),
  ]),
])
if (!values.dry) writeResults('devtools', { rounds, seconds: SECONDS, results })

async function measure(row: Row): Promise<Sample> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(`${url}?${row}`)
  if (row === 'open') await page.getByRole('button', { name: /^SSE/ }).click()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const look = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    const busy = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
    return { busy, at: performance.now(), ...(await counts(page)) }
  }
  await page.waitForTimeout(1_000) // until it is compiled
  const before = await look()
  await page.waitForTimeout(SECONDS * 1_000)
  const after = await look()
  await context.close()
  const seconds = (after.at - before.at) / 1_000
  return {
    busyMs: ((after.busy - before.busy) * 1_000) / seconds,
    frames: (after.frames - before.frames) / seconds,
    eventsPerSecond: (after.events - before.events) / seconds,
  }
}

function counts(page: Page): Promise<Counts> {
  return page.evaluate(() => (globalThis as unknown as { counts: Counts }).counts)
}

/**
 * `pnpm bench`: runs all benches one after the other, and writes their tables and plots into the documentation.
 *
 * @see docs/internals/benchmarks.md
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { BENCHES } from './list.ts'
import type { Bench } from './render/bench.ts'
import { locate, readRendered, renderAll } from './render/pages.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Results of short runs replace no published ones. */
const QUICK_RESULTS = join(ROOT, 'node_modules/.cache/bench')

const { values } = parseArgs({
  options: {
    only: { type: 'string' }, // such as fanout,sqlite
    quick: { type: 'boolean', default: false }, // short runs; the documentation stays as it is
    render: { type: 'boolean', default: false }, // runs nothing: tables and plots from the results there are
  },
})
const names = pick(
  BENCHES.map(({ name }) => name),
  values.only,
)
const benches = BENCHES.filter(({ name }) => names.includes(name))

const failed: string[] = []
if (!values.render) await runAll()
if (!values.quick) render()
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

async function runAll(): Promise<void> {
  if (values.quick) mkdirSync(QUICK_RESULTS, { recursive: true })
  if (benches.some(({ built }) => built) && !(await run('pnpm', ['build'])))
    throw new Error('the build failed')
  for (const [index, bench] of benches.entries()) {
    const label = `[${index + 1}/${benches.length}] ${bench.name}`
    const missing = bench.needs?.filter((program) => !isInstalled(program)) ?? []
    if (missing.length > 0) {
      console.log(`${label}: skipped, ${missing.join(' and ')} is not installed`)
      continue
    }
    console.log(`\n${label}${values.quick ? '' : `, about ${bench.minutes} min`}`)
    const startedAt = performance.now()
    const passed = await run(process.execPath, argumentsOf(bench))
    console.log(
      `${label}: ${passed ? 'done' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
    )
    if (!passed) failed.push(bench.name)
  }
}

function argumentsOf({ script, args, quickArgs, built }: Bench): string[] {
  const conditions = built ? [] : ['--conditions=@sse/source']
  return [...conditions, script, ...(values.quick ? quickArgs : args)]
}

function run(command: string, args: readonly string[]): Promise<boolean> {
  const env = values.quick ? { ...process.env, BENCH_RESULTS: QUICK_RESULTS } : process.env
  return new Promise((resolve) => {
    const cwd = command === 'pnpm' ? ROOT : join(ROOT, 'bench')
    const child = spawn(command, args, { cwd, env, stdio: 'inherit', shell: process.platform === 'win32' })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}

function render(): void {
  for (const { file, text } of renderAll(BENCHES)) {
    if (text === readRendered(file)) continue
    writeFileSync(locate(file), text)
    console.log(`written: ${file}`)
  }
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

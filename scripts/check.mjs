// Everything `npm test` checks, step by step. It continues after a failure, so that one run shows everything to fix.
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { countTests } from './check/count-tests.mjs'
import { filesToRunAgain, mergeReports } from './check/run-again.mjs'

const cache = 'node_modules/.cache/check'
const reportOf = (name) => join(cache, `${name}.json`)
/** The command of a step with tests, and the file that it writes its results to. */
const vitest = (name, ...args) => ({
  run: [
    'vitest',
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportOf(name)}`,
  ],
  report: reportOf(name),
})

/**
 * Node keeps what it has compiled: the tests start hundreds of processes that load the same sources, each of which takes
 * half of the processor time with it.
 */
const env = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile'), ...process.env }

/** Number of lines of a failed step's output that are printed again at the end: CI may keep only the end of a log. */
const LAST_LINES = 120

/**
 * Stages run one after the other. The lanes of a stage run at the same time, and the steps of a lane one after the other.
 * Steps with `live` print while they run, others only when they fail; a stage has one at most. Those with `shows` print
 * what they found. `needs` names a step that must have passed.
 */
const stages = [
  [
    [
      {
        name: 'format and lint',
        run: ['biome', 'ci', '--error-on-warnings', '.'],
        next: 'run `node scripts/dev.mjs format`',
      },
      { name: 'types', run: ['pnpm', 'types'], next: 'fix the types, then run `node scripts/dev.mjs types`' },
    ],
    [
      {
        name: 'import rules',
        run: ['pnpm', 'imports'],
        next: 'read the rule in scripts/imports and move the import',
      },
      {
        name: 'words',
        run: ['pnpm', 'words'],
        next: 'replace the words as suggested; CONTRIBUTING.md describes how we write',
      },
      {
        name: 'code and allocations of the main paths',
        run: ['pnpm', 'counts'],
        shows: true,
        next: 'make what grew cheaper, or accept it: `node scripts/dev.mjs counts --write`',
      },
    ],
  ],
  [
    [
      {
        name: 'unit and type tests',
        ...vitest('unit', '--project=!tests', '--project=!packed', '--project=!apps'),
        live: true,
        next: 'run the file alone: `node scripts/dev.mjs unit path/to/x.test.ts`',
      },
    ],
  ],
  [
    [
      { name: 'build', run: ['pnpm', 'build'], next: 'run `node scripts/dev.mjs build`' },
      {
        name: 'packed packages',
        run: ['node', 'scripts/pack.mjs'],
        needs: 'build',
        next: 'fix `exports` or `files` in package.json',
      },
      {
        name: 'what a release would publish',
        run: ['node', 'scripts/release/dry-run.mjs'],
        needs: 'packed packages',
        shows: true,
        next: 'read what npm says about the package, or set its version to that of the others',
      },
      {
        name: 'sizes',
        run: ['size-limit'],
        needs: 'build',
        next: 'make the bundle smaller: the limits in .size-limit.json are promises to users',
      },
    ],
    [
      {
        name: 'site',
        run: ['pnpm', 'site'],
        next: 'mend the link or the page that it names, then run `node scripts/dev.mjs site`',
      },
    ],
  ],
  // Pages run the sources, and the servers beside them what was built.
  [
    [
      {
        name: 'tests in browsers',
        ...vitest('browser', '--config=vitest.browser.config.ts'),
        live: true,
        needs: 'build',
        next: 'run the file alone: `node scripts/dev.mjs browser tests/browser/x.test.ts`',
      },
    ],
  ],
  [
    [
      {
        name: 'tests over all packages',
        ...vitest('tests', '--project=tests', '--project=packed'),
        live: true,
        needs: 'build',
        next: 'run the file alone: `node scripts/dev.mjs unit tests/x.test.ts`',
      },
      // Afterwards, because the code of the documentation, which the tests write, uses packages too.
      {
        name: 'unused code',
        run: ['knip'],
        next: 'delete unused code, or explain in knip.json why it is needed',
      },
    ],
  ],
  // Alone: a framework's build takes all cores.
  [
    [
      {
        name: 'apps of every template',
        ...vitest('apps', '--project=apps'),
        live: true,
        needs: 'build',
        next: 'run the file alone: `node scripts/dev.mjs unit tests/create/x.test.ts`',
      },
    ],
  ],
  // Alone, because they measure delays.
  [
    [
      {
        name: 'attacks',
        ...vitest('hostile', '--config=vitest.hostile.config.ts', 'attacks.test.ts'),
        live: true,
        next: 'run one alone: `node scripts/dev.mjs hostile -t "part of its name"`',
      },
    ],
  ],
]
const steps = stages.flat(2)

rmSync(cache, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`
const started = performance.now()
const failed = []
/** Names of tests that failed, and passed when their file was run again. */
const flaky = []

for (const lanes of stages) await Promise.all(lanes.map(runLane))

const results = globSync(join(cache, '*.json')).map((file) => JSON.parse(readFileSync(file, 'utf8')))
const summary = countTests(results, failed.length)
writeFileSync(join(cache, 'summary.txt'), `${summary}\n`)
for (const { name, output } of failed) {
  if (output)
    console.log(`\nthe end of the output of "${name}":\n${output.split('\n').slice(-LAST_LINES).join('\n')}`)
}
console.log(
  failed.length === 0
    ? `\nall ${steps.length} steps passed in ${seconds(started)}`
    : `\n${failed.length} of ${steps.length} steps failed in ${seconds(started)}:\n${failed.map(({ name, next }) => `  ${name}: ${next}`).join('\n')}`,
)
for (const name of flaky)
  console.log(`flaky: it failed, and passed alone. Mend the test or what it tests: ${name}`)
const skipped = results.reduce((sum, report) => sum + report.numPendingTests, 0)
if (skipped > 0) console.log(`${skipped} skipped: a program they need is not installed, see above`)
console.log(summary)
process.exitCode = failed.length === 0 ? 0 : 1

async function runLane(lane) {
  for (const step of lane) await check(step)
}

async function check(step) {
  const label = `[${steps.indexOf(step) + 1}/${steps.length}] ${step.name}`
  if (failed.some(({ name }) => name === step.needs)) {
    console.log(`${label}: not run, because it needs "${step.needs}"`)
    failed.push({ ...step, output: '' })
    return
  }
  const since = performance.now()
  console.log(`${label} …`)
  const first = await run(step)
  const output = first.output
  const end = first.end && (await runAgain(step, first))
  if (end) {
    failed.push({ ...step, output })
    if (!step.live) console.log(output)
  } else if (step.shows) console.log(output.trimEnd())
  console.log(
    end
      ? `${label}: FAILED (${end}), ${seconds(since)}\n  next: ${step.next}`
      : `${label}: ok, ${seconds(since)}`,
  )
}

/** Runs the files that failed once more. Resolves with the reason of the failure, or an empty string if they pass. */
async function runAgain(step, { end, output }) {
  if (!step.report || !existsSync(step.report)) return end
  const report = JSON.parse(readFileSync(step.report, 'utf8'))
  const files = filesToRunAgain(report, output)
  if (files.length === 0) return end
  console.log(`\nrunning again, alone: ${files.join(' ')}`)
  const again = await run({ ...step, run: [...step.run, ...files] })
  const { merged, flaky: passed } = mergeReports(report, JSON.parse(readFileSync(step.report, 'utf8')))
  writeFileSync(step.report, JSON.stringify(merged))
  flaky.push(...passed)
  return again.end
}

/** Resolves with the reason of a failure, or an empty string, and with the output. A live step on a terminal has none. */
function run({ run: [command, ...args], live }) {
  const isSeen = live && process.stdout.isTTY
  return new Promise((done) => {
    const child = spawn(command, args, {
      env,
      stdio: isSeen ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk) => {
        output += chunk
        if (live) process.stdout.write(chunk)
      })
    }
    child.on('error', (error) => done({ end: error.message, output }))
    child.on('close', (code, signal) =>
      done({ end: code === 0 ? '' : signal ? `signal ${signal}` : `exit code ${code}`, output }),
    )
  })
}

// Everything `npm test` promises, step by step. Runs on after a failure, so that one run tells all there is to mend.
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countTests } from './check/count-tests.mjs'

const cache = 'node_modules/.cache/check'
const vitest = (name, ...projects) => [
  'vitest',
  'run',
  ...projects.flatMap((project) => ['--project', project]),
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${join(cache, `${name}.json`)}`,
]

/** Of what a step said that failed, the end is told again at the end: a log may keep no more. */
const LAST_LINES = 120

/** `live` steps print as they run; the others speak up only when they fail. `needs` names a step that must have passed. */
const steps = [
  {
    name: 'format and lint',
    run: ['biome', 'ci', '--error-on-warnings', '.'],
    next: 'run `node scripts/dev.mjs format`',
  },
  { name: 'types', run: ['pnpm', 'types'], next: 'mend the types, then run `node scripts/dev.mjs types`' },
  {
    name: 'import rules',
    run: ['pnpm', 'imports'],
    next: 'read the rule in scripts/imports, move the import',
  },
  {
    name: 'unit and type tests',
    run: vitest(
      'unit',
      'contract',
      'server',
      'client',
      'engine-conformance',
      'sqlite',
      'redis',
      'nats',
      'postgres',
      'react',
      'vue',
      'svelte',
      'solid',
      'devtools',
      'testing',
      'scripts',
    ),
    live: true,
    next: 'run the file alone: `node scripts/dev.mjs unit path/to/x.test.ts`',
  },
  { name: 'build', run: ['pnpm', 'build'], next: 'run `node scripts/dev.mjs build`' },
  {
    name: 'packed packages',
    run: ['node', 'scripts/pack.mjs'],
    needs: 'build',
    next: 'mend `exports` or `files`',
  },
  {
    name: 'sizes',
    run: ['size-limit'],
    needs: 'build',
    next: 'make it smaller; the limits in .size-limit.json are promises',
  },
  {
    name: 'tests over all packages',
    run: vitest('tests', 'tests', 'packed'),
    live: true,
    needs: 'build',
    next: 'run the file alone: `node scripts/dev.mjs unit tests/x.test.ts`',
  },
  {
    name: 'tests in browsers',
    run: vitest('browser', 'browser', 'browser-react18'),
    live: true,
    next: 'run it alone: `node scripts/dev.mjs unit --project browser`',
  },
  { name: 'unused code', run: ['knip'], next: 'delete what nothing uses, or say why in knip.json' },
]

rmSync(cache, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`
const started = performance.now()
const failed = []

for (const [index, step] of steps.entries()) {
  const label = `[${index + 1}/${steps.length}] ${step.name}`
  if (failed.some(({ name }) => name === step.needs)) {
    console.log(`${label}: not run, it needs "${step.needs}"`)
    failed.push({ ...step, output: '' })
    continue
  }
  const since = performance.now()
  if (step.live) console.log(`${label} …`)
  const { end, output } = await run(step)
  if (end) {
    failed.push({ ...step, output })
    if (!step.live) console.log(output)
  }
  console.log(
    end
      ? `${label}: FAILED (${end}), ${seconds(since)}\n  next: ${step.next}`
      : `${label}: ok, ${seconds(since)}`,
  )
}

const results = globSync(join(cache, '*.json')).map((file) => JSON.parse(readFileSync(file, 'utf8')))
const summary = countTests(results, failed.length)
writeFileSync(join(cache, 'summary.txt'), `${summary}\n`)
for (const { name, output } of failed) {
  if (output) console.log(`\nthe end of "${name}":\n${output.split('\n').slice(-LAST_LINES).join('\n')}`)
}
console.log(
  failed.length === 0
    ? `\nall ${steps.length} steps passed in ${seconds(started)}`
    : `\n${failed.length} of ${steps.length} steps failed in ${seconds(started)}:\n${failed.map(({ name, next }) => `  ${name}: ${next}`).join('\n')}`,
)
const skipped = results.reduce((sum, report) => sum + report.numPendingTests, 0)
if (skipped > 0) console.log(`${skipped} skipped: something they need is missing here, see above`)
console.log(summary)
process.exitCode = failed.length === 0 ? 0 : 1

/** Resolves with how it ended, if not well, and with what it printed, but for what only a terminal saw. */
function run({ run: [command, ...args], live }) {
  const isSeen = live && process.stdout.isTTY
  return new Promise((done) => {
    const child = spawn(command, args, {
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

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Short runs write elsewhere: published results come from full runs. */
const RESULTS = process.env.BENCH_RESULTS ?? fileURLToPath(new URL('../results/', import.meta.url))

/**
 * Writes `results/<name>.json`, which the next run replaces. `pnpm bench --render` writes it into the documentation:
 * see `list.ts`.
 */
export function writeResults(name: string, results: object): void {
  const file = resultsFile(name)
  writeFileSync(file, `${JSON.stringify({ ...describeRun(), ...results }, null, 2)}\n`)
  console.log(`\nwritten: ${relative(process.cwd(), file)}`)
}

/** Where the results of a bench are. */
export function resultsFile(name: string): string {
  return join(RESULTS, `${name}.json`)
}

/** When, where and on what code a run measures. */
export function describeRun() {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
  }
}

export function versions(packages: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    packages.map((name) => {
      const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')
      return [name, (JSON.parse(manifest) as { version: string }).version]
    }),
  )
}

function commit(): string | undefined {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined // not a git checkout
  }
}

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

const RESULTS = new URL('../results/', import.meta.url)

/** Writes `results/<name>.json`, and `.svg` with a plot; the next run replaces them. */
export function writeResults(name: string, results: object, svg?: string): void {
  writeFileSync(
    new URL(`${name}.json`, RESULTS),
    `${JSON.stringify({ ...describeRun(), ...results }, null, 2)}\n`,
  )
  if (svg !== undefined) writeFileSync(new URL(`${name}.svg`, RESULTS), svg)
  console.log(
    `\nwritten: bench/results/${name}.json${svg === undefined ? '' : `, bench/results/${name}.svg`}`,
  )
}

function describeRun() {
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

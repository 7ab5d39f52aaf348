import { existsSync, readFileSync } from 'node:fs'
import type { Bench } from './bench.ts'

const ROOT = new URL('../../', import.meta.url)
const RESULTS = new URL('bench/results/', ROOT)
/** Pages with blocks. */
const PAGES = ['docs/benchmarks.md', 'docs/internals/benchmarks.md']
const BLOCK = /(<!-- bench:([\w.-]+) -->\n)[\s\S]*?(<!-- \/bench -->)/g

export interface Rendered {
  /** Path of the file, from the root of the repository. */
  readonly file: string
  readonly text: string
}

/** Returns every page with blocks and every plot, as the results want them. Writes nothing. */
export function renderAll(benches: readonly Bench[]): Rendered[] {
  const blocks = new Map(benches.flatMap(renderTables))
  const seen = new Set<string>()
  const pages = PAGES.map((file) => {
    const text = readFileSync(new URL(file, ROOT), 'utf8').replace(BLOCK, (_, start, key, end) => {
      const block = blocks.get(key)
      if (block === undefined) throw new Error(`${file}: no bench in bench/list.ts has the table ${key}`)
      seen.add(key)
      return `${start}\n${block}\n\n${end}`
    })
    return { file, text }
  })
  const unused = [...blocks.keys()].filter((key) => !seen.has(key))
  if (unused.length > 0) throw new Error(`no page has a block for ${unused.join(', ')}`)
  return [...pages, ...benches.flatMap(renderPlot)]
}

/** Returns what is written in a file now; `undefined` if it does not exist. */
export function readRendered(file: string): string | undefined {
  const at = locate(file)
  return existsSync(at) ? readFileSync(at, 'utf8') : undefined
}

/** Location of a rendered file. */
export function locate(file: string): URL {
  return new URL(file, ROOT)
}

function renderTables({ name, tables }: Bench): [string, string][] {
  const results = readResults(name)
  return Object.entries(tables).map(([key, render]) => [
    `${name}.${key}`,
    results === undefined ? 'Not measured yet.' : render(results as never),
  ])
}

function renderPlot({ name, plot }: Bench): Rendered[] {
  const results = readResults(name)
  if (!plot || results === undefined) return []
  return [{ file: `bench/results/${name}.svg`, text: plot(results as never) }]
}

/** Returns the results of a bench; `undefined` if it has never run. */
function readResults(name: string): unknown {
  const file = new URL(`${name}.json`, RESULTS)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

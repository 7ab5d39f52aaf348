import { readFileSync } from 'node:fs'
import type { Bench } from './bench.ts'

const ROOT = new URL('../../', import.meta.url)
const RESULTS = new URL('bench/results/', ROOT)
/** Pages with blocks. */
const PAGES = ['docs/benchmarks.md', 'docs/internals/benchmarks.md']
const BLOCK = /(<!-- bench:([\w.-]+) -->\n)[\s\S]*?(\n<!-- \/bench -->)/g

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
      return `${start}\n${block}\n${end}`
    })
    return { file, text }
  })
  const unused = [...blocks.keys()].filter((key) => !seen.has(key))
  if (unused.length > 0) throw new Error(`no page has a block for ${unused.join(', ')}`)
  return [...pages, ...benches.flatMap(renderPlot)]
}

/** Returns what is written in a file now. */
export function readRendered(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8')
}

/** Location of a rendered file. */
export function locate(file: string): URL {
  return new URL(file, ROOT)
}

function renderTables({ name, tables }: Bench): [string, string][] {
  return Object.entries(tables).map(([key, render]) => [`${name}.${key}`, render(readResults(name) as never)])
}

function renderPlot({ name, plot }: Bench): Rendered[] {
  return plot ? [{ file: `bench/results/${name}.svg`, text: plot(readResults(name) as never) }] : []
}

function readResults(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8'))
}

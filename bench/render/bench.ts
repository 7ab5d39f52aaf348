/** One entry of the list of benches: what runs, and what its results look like in the documentation. */
export interface Bench {
  /** Name in `pnpm bench --only`, and of its results: `bench/results/<name>.json`. */
  readonly name: string
  /** File in `bench` that measures and calls `writeResults(name, …)`. */
  readonly script: string
  /** Its arguments for the published figures. */
  readonly args: readonly string[]
  /** Its arguments for a short run that shows whether it works. */
  readonly quickArgs: readonly string[]
  /** Minutes that a full run takes on two idle cores, about. */
  readonly minutes: number
  /** Programs without which it is skipped. */
  readonly needs?: readonly string[]
  /** Measures what `pnpm build` made, instead of the sources. */
  readonly built?: boolean
  /** Markdown between `<!-- bench:<name>.<key> -->` and `<!-- /bench -->` of a page, from the results. */
  readonly tables: Readonly<Record<string, (results: never) => string>>
  /** Draws `bench/results/<name>.svg` from the results. */
  readonly plot?: (results: never) => string
}

/** What `writeResults` writes into every file of results. */
export interface RunInfo {
  readonly date: string
  readonly node: string
  readonly cpu?: string
  readonly cores: number
}

/** Checks that tables and plot of an entry read the same results. */
export function defineBench<Results extends RunInfo>(
  bench: Omit<Bench, 'tables' | 'plot'> & {
    readonly tables: Readonly<Record<string, (results: Results) => string>>
    readonly plot?: (results: Results) => string
  },
): Bench {
  return bench as Bench
}

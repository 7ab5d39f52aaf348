import type { Count } from './stream.ts'

/** Follows `url`, tells `count` of every `tick` with its payload as an object, and leaves when `count.over`. */
export type Row = (url: string, fetcher: typeof fetch, count: Count) => Promise<void>

export const ENGINES = ['memory', 'sqlite', 'redis'] as const
export type Engine = (typeof ENGINES)[number]

/**
 * `plain`: a generator stream. `hub`: a loop that publishes what its generator yields. `run`, `merged`: a run, without and
 * with `merge`. `resumable`: the package `resumable-stream`.
 */
export type Kind = 'plain' | 'hub' | 'run' | 'merged' | 'resumable'

/**
 * Runs: sources that run once and continue without any connection. Clients attach at any time, in any process.
 *
 * @see docs/guides/runs.md
 * @module
 */
export { createRuns } from './create-runs.ts'
export type { MergeOptions, RunsOptions } from './options.ts'
export type { RunEvent, RunEventMaker, RunEventOf } from './run-event.ts'
export { type ListedRun, RunList } from './run-list.ts'
export type { RunOutcome } from './run-state.ts'
export type {
  FollowedRun,
  FollowOptions,
  OpenOptions,
  Run,
  RunContext,
  RunSource,
  RunStatus,
  Runs,
  StartOptions,
} from './runs.ts'

import type { EventName, Payload, PayloadInput } from '@sse/contract'
import { SseError, type StreamContract } from '@sse/contract'
import type { HubOptions } from '../hub/options.ts'
import { callApp } from '../log/app-callback.ts'
import type { Engine } from '../log/engine.ts'
import { logError } from '../log-error.ts'
import { memory } from '../memory/memory-engine.ts'
import { RUN_EVENT } from './run-names.ts'

/** For each event name, a function that combines two consecutive payloads into one, or returns `undefined`: stay two. */
export type MergeOptions<Contract extends StreamContract> = {
  [Name in EventName<Contract>]?: (
    earlier: Payload<Contract, Name>,
    later: Payload<Contract, Name>,
  ) => PayloadInput<Contract, Name> | undefined
}

/** Options of `createRuns`. */
export interface RunsOptions<Contract extends StreamContract>
  extends Pick<
    HubOptions,
    'ring' | 'maxConnections' | 'maxConnectionsPerIdentity' | 'maxEventBytes' | 'onError'
  > {
  /**
   * Where runs are stored: an engine for them alone, not one that a hub uses. Default `memory()`: in this process, gone
   * when it ends.
   */
  // biome-ignore lint/suspicious/noExplicitAny: runs use no transactions of the app, so any engine fits
  engine?: Engine<any>
  /**
   * How long events and the end of a run are kept. A run that has ended is unknown once its start was removed. A run that
   * is running stays known; viewers that miss its start get a gap with the reason `trimmed`, and what is left.
   */
  retention?: {
    /**
     * Maximum number of events of all runs, 1,000 or more, and more than all runs store in a second. Default `Infinity`:
     * no limit.
     */
    maxEvents?: number
    /** Maximum age in milliseconds, 1,000 or more. Default 3,600,000, one hour. `Infinity`: no limit. */
    maxAgeMs?: number
  }
  /**
   * Time within which a crashed or paused process is noticed, in milliseconds, 300 to 86,400,000. Default 15,000. A
   * process that does not respond for this long loses its runs. Has no effect on an engine of a single process.
   */
  leaseMs?: number
  /**
   * Combines consecutive events of one name into one, within `batchMs`: a stream of tokens then needs fewer entries in
   * the log. Default: none.
   *
   * @example
   * merge: { delta: (earlier, later) => earlier + later }
   */
  merge?: MergeOptions<Contract>
  /**
   * How long an event with a `merge` function may wait for others, in milliseconds, 0 to 10,000. Default 30. An event
   * that follows a pause of this length is stored at once, and so is the first one.
   */
  batchMs?: number
}

export interface SettledRunsOptions {
  readonly engine: Engine
  readonly hub: HubOptions
  readonly retention: { readonly maxEvents: number; readonly maxAgeMs: number }
  readonly leaseMs: number
  readonly merge: ReadonlyMap<string, (earlier: unknown, later: unknown) => unknown>
  readonly batchMs: number
  /** Never throws. */
  readonly onError: (error: unknown) => void
}

const HOUR_MS = 3_600_000
const MIN_LEASE_MS = 300
const MAX_LEASE_MS = 86_400_000
const MIN_AGE_MS = 1_000
const MIN_EVENTS = 1_000
const MAX_BATCH_MS = 10_000

/** Checks the options and fills in the defaults. @throws {SseError} `option_invalid`, naming the option. */
export function settleRunsOptions<Contract extends StreamContract>(
  contract: Contract,
  options: RunsOptions<Contract>,
): SettledRunsOptions {
  if (Object.hasOwn(contract.events, RUN_EVENT)) throw invalid(`the event name "${RUN_EVENT}" is reserved`)
  const { engine = memory(), retention, leaseMs = 15_000, batchMs = 30, onError = logError } = options
  const { maxEvents = Number.POSITIVE_INFINITY, maxAgeMs = HOUR_MS } = retention ?? {}
  if (typeof onError !== 'function') throw invalid('onError must be a function')
  checkRange('leaseMs', leaseMs, MIN_LEASE_MS, MAX_LEASE_MS)
  checkRange('batchMs', batchMs, 0, MAX_BATCH_MS)
  if (!(typeof maxAgeMs === 'number' && maxAgeMs >= MIN_AGE_MS)) {
    throw invalid(`retention.maxAgeMs must be ${MIN_AGE_MS} or more, or Infinity, not ${String(maxAgeMs)}`)
  }
  if (!(typeof maxEvents === 'number' && maxEvents >= MIN_EVENTS)) {
    throw invalid(`retention.maxEvents must be ${MIN_EVENTS} or more, or Infinity, not ${String(maxEvents)}`)
  }
  const { ring, maxConnections, maxConnectionsPerIdentity, maxEventBytes, merge } = options
  const report = (error: unknown) => callApp(() => onError(error), console.error)
  return {
    engine,
    hub: {
      engine,
      retention: { maxEvents, maxAgeMs },
      onError: report,
      ...definedOf({ ring, maxConnections, maxConnectionsPerIdentity, maxEventBytes }),
    },
    retention: { maxEvents, maxAgeMs },
    leaseMs,
    merge: readMerge(contract, merge),
    batchMs,
    onError: report,
  }
}

function readMerge<Contract extends StreamContract>(
  contract: Contract,
  merge: MergeOptions<Contract> = {},
): SettledRunsOptions['merge'] {
  for (const [name, combine] of Object.entries(merge)) {
    if (!Object.hasOwn(contract.events, name))
      throw invalid(`merge names "${name}", which is no event of the contract`)
    if (typeof combine !== 'function') throw invalid(`merge.${name} must be a function`)
  }
  return new Map(Object.entries(merge)) as SettledRunsOptions['merge']
}

function definedOf<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Options>
}

function checkRange(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && value >= min && value <= max) return
  throw invalid(`${name} must be ${min} to ${max} milliseconds, not ${String(value)}`)
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `createRuns: ${message}`)
}

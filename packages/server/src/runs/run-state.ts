/** How a run ended. */
export interface RunOutcome {
  /**
   * `completed`: the source finished. `failed`: it threw, or its process shut down. `stopped`: by `stop`, or replaced.
   * `lost`: its process crashed, or did not renew its lease in time.
   */
  readonly status: 'completed' | 'failed' | 'stopped' | 'lost'
  /** Code of the error of a run that failed: an exposed `SseError`'s, else `internal`. */
  readonly code?: string
  /** Message of that error. */
  readonly message?: string
}

/** An entry of a run's control channel. */
export type RunRecord =
  | {
      readonly type: 'started'
      readonly attempt: number
      /** Name of the process that runs it. */
      readonly runner: string
      readonly maxAttempts: number
      readonly group?: string
      /** Time of the first attempt's start in milliseconds since 1970; set by a record that renews an earlier one. */
      readonly since?: number
    }
  /** Takes back a start whose source was not called. */
  | { readonly type: 'withdrawn'; readonly attempt: number; readonly runner: string }
  /** Ends the run if `attempt` is its current one. Without `attempt`, ends it whatever the attempt. */
  | { readonly type: 'ended'; readonly attempt?: number; readonly outcome: RunOutcome }

/** A run as its control channel describes it, up to some position. */
export interface RunState {
  /** Number of the current attempt, from 1. 0 for a run that was stopped before it started. */
  readonly attempt: number
  readonly runner: string
  readonly maxAttempts: number
  readonly group: string | undefined
  /** Position of the record that started the current attempt: its events follow. */
  readonly position: number
  /** Whether that record renews an earlier one that is no longer retained. */
  readonly isRenewed: boolean
  /** Time of the first start in milliseconds since 1970. */
  readonly startedAt: number
  readonly end: { readonly outcome: RunOutcome; readonly position: number; readonly at: number } | undefined
}

const STATUSES: ReadonlySet<unknown> = new Set(['completed', 'failed', 'stopped', 'lost'])
const NOT_STARTED = {
  attempt: 0,
  runner: '',
  maxAttempts: 0,
  group: undefined,
  isRenewed: false,
  end: undefined,
}

/**
 * Applies one record to a run's state. The log's order decides every race: the first start of an attempt wins, the first
 * end of the current attempt wins, and nothing changes a run that has ended.
 */
export function applyRecord(
  state: RunState | undefined,
  record: RunRecord | undefined,
  position: number,
  at: number,
): RunState | undefined {
  if (record === undefined || state?.end) return state
  if (record.type === 'started') {
    const { attempt, runner, maxAttempts, group, since } = record
    const isNext =
      state === undefined
        ? attempt === 1 || since !== undefined
        : attempt === state.attempt + 1 && attempt <= state.maxAttempts
    if (!isNext) return state
    const isRenewed = since !== undefined
    const startedAt = state?.startedAt ?? since ?? at
    return { attempt, runner, maxAttempts, group, position, isRenewed, startedAt, end: undefined }
  }
  if (record.type === 'withdrawn') {
    const isCurrent = state?.attempt === record.attempt && state.runner === record.runner
    return isCurrent ? undefined : state
  }
  if (record.attempt !== undefined && record.attempt !== state?.attempt) return state
  const before = state ?? { ...NOT_STARTED, position, startedAt: at }
  return { ...before, end: { outcome: record.outcome, position, at } }
}

/** Reads an entry of a control channel. Returns `undefined` for one that no runs have written. */
export function readRecord(value: unknown): RunRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const record = value as Partial<Record<string, unknown>>
  const { type, attempt, runner } = record
  const isAttempt = Number.isSafeInteger(attempt) && (attempt as number) > 0
  if (type === 'ended') {
    const outcome = readOutcome(record.outcome)
    return outcome && (attempt === undefined || isAttempt)
      ? { ...(record as RunRecord & { type: 'ended' }), outcome }
      : undefined
  }
  if (!isAttempt || typeof runner !== 'string') return undefined
  if (type === 'withdrawn') return record as RunRecord
  const { maxAttempts, group, since } = record
  const isStart =
    type === 'started' &&
    Number.isSafeInteger(maxAttempts) &&
    (group === undefined || typeof group === 'string') &&
    (since === undefined || typeof since === 'number')
  return isStart ? (record as RunRecord) : undefined
}

function readOutcome(value: unknown): RunOutcome | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { status, code, message } = value as Partial<Record<keyof RunOutcome, unknown>>
  if (!STATUSES.has(status)) return undefined
  return {
    status: status as RunOutcome['status'],
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  }
}

import type { LogInspector } from '@sse/server/engine-kit'
import { type ListedRun, RunList } from '@sse/server/runs'
import type { LogSample, Tally } from './log-sample.ts'

/** What one look at a log has found: a line of `--json`. */
export interface Snapshot {
  readonly address: string
  /** Time of this machine, ISO 8601. */
  readonly at: string
  readonly epoch: string
  readonly head: number
  readonly oldest: number
  /** Positions of the events that `channels`, `events` and `runs` count. */
  readonly sample: { readonly from: number; readonly to: number; readonly oldestAt: number }
  readonly channels: readonly ({ readonly channel: string } & Tally)[]
  readonly events: readonly ({ readonly event: string } & Tally)[]
  readonly subscribers: {
    readonly total: number
    readonly items: readonly {
      readonly subscriber: string
      readonly epoch: string
      readonly position: number
      /** Number of events of the whole log after its position; `null` for a position of another epoch. */
      readonly behind: number | null
    }[]
  }
  readonly present: {
    readonly total: number
    readonly channels: readonly { readonly channel: string; readonly identities: readonly string[] }[]
  }
  readonly runs: readonly (ListedRun & {
    /** Whether the process that runs it has a valid lease. */
    readonly isAlive: boolean
  })[]
}

/** Maximum number of subscribers and of connected identities that are read. */
const MAX_LISTED = 1_000

export async function takeSnapshot(
  address: string,
  inspector: LogInspector,
  sample: LogSample,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { epoch, head, oldest } = await sample.update(signal)
  const [commits, members] = await Promise.all([inspector.commits(MAX_LISTED), inspector.members(MAX_LISTED)])
  const isRunner = ({ channel }: { channel: string }) => channel === RunList.runners
  const runners = new Set(members.items.filter(isRunner).map(({ identity }) => identity))
  const identities = new Map<string, string[]>()
  for (const member of members.items) {
    if (!isRunner(member))
      identities.set(member.channel, [...(identities.get(member.channel) ?? []), member.identity])
  }
  return {
    address,
    at: new Date().toISOString(),
    epoch,
    head,
    oldest,
    sample: sample.range,
    channels: sample.channels.map(([channel, tally]) => ({ channel, ...tally })),
    events: sample.names.map(([event, tally]) => ({ event, ...tally })),
    subscribers: {
      total: commits.total,
      items: commits.items.map((commit) => ({
        ...commit,
        behind: commit.epoch === epoch ? Math.max(0, head - commit.position) : null,
      })),
    },
    present: {
      total: members.total - runners.size,
      channels: [...identities].map(([channel, found]) => ({ channel, identities: found })),
    },
    runs: sample.runs.map((run) => ({
      ...run,
      isAlive: run.status === 'running' && runners.has(run.runner),
    })),
  }
}

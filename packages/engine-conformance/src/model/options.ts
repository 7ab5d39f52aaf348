import type { OpenedEngine } from '../opened-engine.ts'
import type { Replica } from './replica.ts'

type ModelHub = Replica['hub']

/** Returns a function that answers requests for a stream, as `sse` of `@sse/server` does. */
export type ServeStream = (
  contract: ModelHub['contract'],
  subscribe: () => ReturnType<ModelHub['subscribe']>,
) => (request: Request) => Response | Promise<Response>

export interface HubModelOptions {
  /** A whole number. The same seed gives the same run. */
  seed: number
  /** Creates a new, empty log and an engine on it. */
  open: () => Promise<OpenedEngine>
  /** Number of steps. Default 30. */
  steps?: number
  /**
   * Interval of heartbeats, in milliseconds. Default `Infinity`: none, because the clock would decide which id a client
   * reconnects with.
   */
  heartbeatMs?: number
  /** Serves the streams over a real network, where the clock decides what has arrived. Default: in this process. */
  serve?: ServeStream
}

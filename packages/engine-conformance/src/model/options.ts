import type { OpenedEngine } from '../opened-engine.ts'
import type { Replica } from './replica.ts'

type ModelHub = Replica['hub']

/** Makes what answers the requests for a stream; `sse` of `@sse/server` is one. */
export type ServeStream = (
  contract: ModelHub['contract'],
  subscribe: () => ReturnType<ModelHub['subscribe']>,
) => (request: Request) => Response | Promise<Response>

export interface HubModelOptions {
  /** A whole number: the same one gives the same run. */
  seed: number
  /** A new, empty log and an engine on it. */
  open: () => Promise<OpenedEngine>
  /** How long the run is. Default 30. */
  steps?: number
  /**
   * How often heartbeats are sent, in milliseconds. Default `Infinity`: never, because when one comes is the
   * clock's choice, and a client comes back with its id.
   */
  heartbeatMs?: number
  /** Serves the streams over a real network, from which the clock chooses what has arrived. Default: it does not. */
  serve?: ServeStream
}

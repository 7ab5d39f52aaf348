/** What the producers of one measurement do. */
export interface Plan {
  /** Names of the streams begin with this: no two measurements share one. */
  prefix: string
  streams: number
  tokensPerStream: number
  /** Pause between two tokens of a stream, in milliseconds. 0: one turn of the event loop. */
  everyMs: number
  /** Whether the streams stay open after their last token, and their viewers connected. */
  stays?: boolean
}

/** From the bench to a row's server. */
export type ServerOrder =
  | { type: 'prepare'; plan: Plan }
  /** Opens the gate that every producer waits at. */
  | { type: 'go' }
  | { type: 'weigh' }
  | { type: 'spent' }

/** From a row's server to the bench. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'prepared' }
  | { type: 'went' }
  /** Memory after a collection, if the process runs with `--expose-gc`. */
  | { type: 'weighed'; heapBytes: number; residentBytes: number }
  /** Since `go`: CPU time, and entries of the log. */
  | { type: 'spent'; cpuMs: number; entries: number; residentBytes: number }

/** From the bench to the process with all clients. */
export type ReaderOrder =
  /** Opens `viewers` connections to each stream of a plan, and counts the tokens. */
  | { type: 'view'; port: number; plan: Plan; viewers: number }
  /** Opens one stream after the other, and reads each to its first token. */
  | { type: 'first'; port: number; prefix: string; streams: number }
  /** Opens one connection, and reads it up to a token; without `tokens` to its end, for a while. */
  | { type: 'resume'; port: number; stream: string; tokens?: number; waitMs: number }
  | { type: 'close' }

export type ReaderAnswer =
  | { type: 'ready' }
  | { type: 'opened' }
  /** Every connection has every token. `lagsMs`: from the yield to the client, of some of them. */
  | { type: 'seen'; lagsMs: number[]; problem?: string }
  | { type: 'firsts'; ms: number[]; problem?: string }
  | ({ type: 'resumed' } & Reading)
  | { type: 'closed' }

/** What one connection got. */
export interface Reading {
  status: string
  tokens: number
  firstMs: number
  /** When the response ended; `undefined` if it had not. */
  endedMs?: number | undefined
  /** Data of its `sse.end`. */
  end?: string | undefined
  problem?: string | undefined
}

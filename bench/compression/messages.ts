/** `plain`: not compressed. `once`: `gzip()`. `each`: a compressor for each connection, as middleware has. */
export type Row = 'plain' | 'once' | 'each'

export interface Burst {
  turns: number
  eventsPerTurn: number
  /** Number of channels; events go round them. `1`: all connections follow the same. */
  channels: number
}

/** From the bench to a row's server. */
export type ServerOrder = { type: 'publish'; burst: Burst } | { type: 'cpu' } | { type: 'pss' }

/** From a row's server to the bench. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'published' }
  | { type: 'cpu'; cpuMs: number }
  | { type: 'pss'; pssBytes: number }

/** From the bench to a row's reader. `expect`: every connection is to have had so many events in all. */
export type ReaderOrder =
  | { type: 'open'; port: number; connections: number; isGzip: boolean; channels: number }
  | { type: 'expect'; events: number }

/** From a row's reader to the bench. */
export type ReaderAnswer = { type: 'ready' } | { type: 'opened' } | { type: 'seen'; bytes: number }

/** Some turns, one after the other, as fast as the event loop goes round. */
export interface Burst {
  turns: number
  eventsPerTurn: number
  payloadBytes: number
}

/** From the bench to a row's server. */
export type ServerOrder =
  | { type: 'publish'; burst: Burst }
  | { type: 'cpu' }
  | { type: 'pss' }
  | { type: 'weigh' }

/** From a row's server to the bench. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'published' }
  | { type: 'cpu'; cpuMs: number }
  | { type: 'pss'; pssBytes: number }
  | { type: 'weighed'; heapBytes: number }

/** From the bench to a row's readers. `expect`: every connection is to have had so many events in all. */
export type ReaderOrder =
  | ({ type: 'open' } & Opening)
  | { type: 'expect'; events: number }
  | { type: 'verify'; payloadBytes: number }
  | { type: 'reads' }

export interface Opening {
  port: number
  /** Until there are so many. */
  connections: number
  protocol: 'sse' | 'websocket'
  /** They resume, and the next event's number is `first`. */
  resume?: { lastEventId: string; first: number }
}

/** From the readers to the bench. `problem` says what was wrong with what came. */
export type ReaderAnswer =
  | { type: 'ready' }
  | { type: 'opened' }
  | { type: 'seen'; bytes: number; problem?: string }
  | { type: 'verified'; problem?: string }
  | { type: 'reads'; reads: number }

/** From the bench to a row's server. */
export type ServerOrder = { type: 'spent' } | { type: 'weigh' } | { type: 'snapshot'; file: string }

/** From a row's server to the bench. `open`: connections that are counted as open. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'spent'; cpuMs: number; open: number }
  | { type: 'weighed'; heapBytes: number; residentBytes: number }
  | { type: 'written' }

/** From the bench to the clients. `cycle`: opens and closes so many, some at a time. `open`: opens and keeps them. */
export type ClientOrder =
  | { type: 'cycle'; port: number; connections: number }
  | { type: 'open'; port: number; connections: number }

/** From the clients to the bench. */
export type ClientAnswer = { type: 'ready' } | { type: 'cycled' } | { type: 'opened' }

import type { Run } from './ticks.ts'

/** From the bench to a row's server. */
export type ServerOrder =
  | { type: 'prepare'; run: Run }
  | { type: 'go' } // opens the gate, and starts the CPU clock
  | { type: 'stop' } // stops it
  | { type: 'weigh' }

/** From a row's server to the bench. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'prepared' }
  | { type: 'started' } // every connection's generator waits at the gate
  | { type: 'stopped'; cpuMs: number }
  | { type: 'weighed'; heapBytes: number; residentBytes: number } // after a full garbage collection

/** From the bench to the reader. */
export interface ReaderOrder {
  type: 'read'
  port: number
  run: Run
  /** Whether to keep and compare every byte instead of counting marks. */
  verify: boolean
}

/** From the reader to the bench. `problem` says what was wrong with what came. */
export type ReaderAnswer = { type: 'ready' } | { type: 'read'; bytes: number; problem?: string }

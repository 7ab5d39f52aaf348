import type { Gap } from '@sse/contract'
import type { RunOutcome } from '../runs/run-state.ts'
import type { PublicError } from './dialect.ts'

/** Receives what a dialect's function throws: the connection. */
export interface Reporter {
  report(error: unknown): void
}

/** Encodes what a stream sends besides the app's events. No method throws. `''`: nothing is written. */
export interface ControlEncoder {
  readonly headers: Readonly<Record<string, string>>
  open(id: string, reporter: Reporter): string
  /** Never `''`. */
  heartbeat(id: string | undefined, reporter: Reporter): string
  end(end: RunOutcome | undefined, reporter: Reporter): string
  error(error: PublicError, reporter: Reporter): string
  gap(gap: Gap, id: string, reporter: Reporter): string
  close(reason: PublicError, retryMs: number, reporter: Reporter): string
}

/** A dialect as the option `dialect` takes it: made by `defineDialect`. */
export interface StreamDialect {
  /** Named so that no other object has it and a second copy of this package recognises it. */
  readonly '@sse/dialect': ControlEncoder
}

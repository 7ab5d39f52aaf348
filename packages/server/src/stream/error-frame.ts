import { isSseError } from '@sse/contract'
import { CONTROL, encodeMessage } from '@sse/contract/protocol'

/** What a client is told of an error after its response has started. */
export function errorFrame(error: unknown): string {
  return encodeMessage({ event: CONTROL.error, data: JSON.stringify(shown(error)) })
}

/** What a client may see of an error: an `SseError` says what it says, anything else is masked. */
export function shown(error: unknown): { code: string; message: string } {
  return isSseError(error) && error.expose ? error.toJSON() : { code: 'internal', message: 'Internal error' }
}

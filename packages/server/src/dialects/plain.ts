import { SseError } from '@sse/contract'
import type { StreamDialect } from './control-encoder.ts'
import { defineDialect } from './define-dialect.ts'
import type { DialectEvents, PublicError } from './dialect.ts'

export interface PlainOptions {
  /**
   * Data of the event that ends a complete stream. A stream that ends without it is not complete, so that a connection
   * that the server closes fails. `false`: no event, for clients that reconnect by themselves; a connection that the
   * server closes then just ends. Default `[DONE]`.
   */
  done?: string | false | undefined
}

/**
 * The dialect of streams without control events, as the APIs of OpenAI and Anthropic have them: nothing but the app's
 * events, `data: [DONE]` at the end, and an event `error` with `{ error: { type, message } }` for a failure.
 *
 * @throws {SseError} `option_invalid`.
 */
export function plain({ done = '[DONE]' }: PlainOptions = {}): StreamDialect {
  if (done !== false && typeof done !== 'string') {
    throw new SseError('option_invalid', `plain: done must be a text or false, not ${typeof done}`)
  }
  const isFinal = done !== false
  return defineDialect({
    // An id alone is no event: a client that resumes knows where it stands.
    open: (id) => ({ id }),
    end(end) {
      if (end?.status === 'failed' || end?.status === 'lost') {
        return fail({ code: end.code ?? end.status, message: end.message ?? 'The run was interrupted' })
      }
      return isFinal ? { data: done } : undefined
    },
    error: fail,
    close: (reason) => (isFinal ? fail(reason) : undefined),
  })
}

/** Read by OpenAI's client with any event name, by Anthropic's as `error`. */
function fail({ code, message }: PublicError): DialectEvents {
  return { event: 'error', data: { type: 'error', error: { type: code, code, message } } }
}

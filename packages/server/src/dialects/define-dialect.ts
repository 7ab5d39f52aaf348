import { type Gap, SseError } from '@sse/contract'
import { encodeComment } from '@sse/contract/protocol'
import type { RunOutcome } from '../runs/run-state.ts'
import { encodeUntyped } from '../stream/encode-item.ts'
import type { UntypedEvent } from '../stream/source.ts'
import { isThenable } from '../timing/is-thenable.ts'
import type { ControlEncoder, Reporter, StreamDialect } from './control-encoder.ts'
import type { Dialect, PublicError } from './dialect.ts'

const FUNCTIONS = ['open', 'heartbeat', 'end', 'error', 'gap', 'close'] as const
const COMMENT = encodeComment()

/**
 * Makes the value of the option `dialect`. Define it once, not for each request.
 *
 * @throws {SseError} `option_invalid`, naming the member.
 * @example
 * const ndjson = defineDialect({
 *   end: () => ({ event: 'done' }),
 *   error: ({ message }) => ({ event: 'failed', data: { message } }),
 * })
 * app.get('/prices', sse({ dialect: ndjson }, source))
 */
export function defineDialect(dialect: Dialect): StreamDialect {
  if (typeof dialect !== 'object' || dialect === null) {
    throw invalid(`a dialect must be an object, not ${dialect === null ? 'null' : typeof dialect}`)
  }
  for (const name of FUNCTIONS) {
    if (dialect[name] !== undefined && typeof dialect[name] !== 'function') {
      throw invalid(`${name} must be a function`)
    }
  }
  return Object.freeze({ '@sse/dialect': new DialectEncoder(dialect, readHeaders(dialect.headers)) })
}

/** Calls an app's dialect, and encodes what it returns. */
class DialectEncoder implements ControlEncoder {
  readonly headers: Readonly<Record<string, string>>
  readonly #dialect: Dialect

  constructor(dialect: Dialect, headers: Readonly<Record<string, string>>) {
    this.headers = headers
    this.#dialect = dialect
  }

  open(id: string, reporter: Reporter): string {
    return this.#encode('open', () => this.#dialect.open?.(id), reporter)
  }

  heartbeat(id: string | undefined, reporter: Reporter): string {
    return this.#encode('heartbeat', () => this.#dialect.heartbeat?.(id), reporter) || COMMENT
  }

  end(end: RunOutcome | undefined, reporter: Reporter): string {
    return this.#encode('end', () => this.#dialect.end?.(end), reporter)
  }

  error(error: PublicError, reporter: Reporter): string {
    return this.#encode('error', () => this.#dialect.error?.(error), reporter)
  }

  gap(gap: Gap, id: string, reporter: Reporter): string {
    return this.#encode('gap', () => this.#dialect.gap?.(gap, id), reporter)
  }

  close(reason: PublicError, retryMs: number, reporter: Reporter): string {
    return this.#encode('close', () => this.#dialect.close?.(reason, retryMs), reporter)
  }

  #encode(name: string, call: () => unknown, reporter: Reporter): string {
    try {
      const given = call()
      if (given === undefined) return ''
      // Its rejection must not be unhandled.
      if (isThenable(given)) given.then(undefined, (error) => reporter.report(error))
      const events: readonly unknown[] = Array.isArray(given) ? given : [given]
      return events.map((event) => encodeEvent(name, event)).join('')
    } catch (error) {
      reporter.report(error)
      return ''
    }
  }
}

function encodeEvent(name: string, event: unknown): string {
  if (typeof event !== 'object' || event === null || isThenable(event)) {
    const shown = event === null ? 'null' : typeof event === 'object' ? 'a promise' : typeof event
    throw new SseError('message_invalid', `dialect.${name} returned ${shown}; return { data: … } or an array`)
  }
  return encodeUntyped(event as UntypedEvent, Number.POSITIVE_INFINITY)
}

function readHeaders(given: Dialect['headers']): Readonly<Record<string, string>> {
  try {
    return Object.freeze(Object.fromEntries(new Headers(given)))
  } catch (cause) {
    throw new SseError('option_invalid', `defineDialect: headers: ${(cause as Error).message}`, { cause })
  }
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `defineDialect: ${message}`)
}

import { CONTROL, SseError, type StreamContract, validate } from '@sse/contract'

export type Decoded =
  | { readonly ok: true; readonly name: string; readonly payload: unknown }
  | { readonly ok: false; readonly error: SseError }

/**
 * Reads one event's data by its contract; without one, the payload is the data as it came.
 *
 * @returns `undefined` for what nobody here can know: an event or a control event of a later version, and a
 * bare URL's event named `gap`, which is the client's own word.
 */
export function decodeEvent(
  contract: StreamContract | undefined,
  event: string,
  data: string,
): Decoded | undefined {
  if (event === CONTROL.gap) {
    try {
      return { ok: true, name: 'gap', payload: parseData(data) }
    } catch (cause) {
      return invalid(event, cause)
    }
  }
  if (event.startsWith('sse.') || event === 'gap') return undefined
  if (!contract) return { ok: true, name: event, payload: data }
  const schema = Object.hasOwn(contract.events, event) && contract.events[event]
  if (!schema) return undefined
  // Written out: a function for each event is a part of what an event costs.
  try {
    const checked = validate(schema, parseData(data), event)
    if (!checked.ok) return invalid(event, new Error(checked.summary))
    return { ok: true, name: event, payload: checked.value }
  } catch (cause) {
    return invalid(event, cause)
  }
}

function invalid(event: string, cause: unknown): Decoded {
  const message = `Event "${event}": ${(cause as Error).message}`
  return { ok: false, error: new SseError('payload_invalid', message, { cause }) }
}

/** What the server says of its failure in `sse.error`; whatever it says, an error. */
export function decodeServerError(data: string): SseError {
  try {
    const { code, message } = JSON.parse(data)
    return new SseError(String(code), String(message))
  } catch {
    return new SseError('internal', 'The server failed')
  }
}

/** Empty data is how `undefined` is written. */
function parseData(data: string): unknown {
  return data === '' ? undefined : JSON.parse(data)
}

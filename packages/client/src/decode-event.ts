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
  const isGap = event === CONTROL.gap
  if (!isGap && (event.startsWith('sse.') || event === 'gap')) return undefined
  if (!isGap && !contract) return { ok: true, name: event, payload: data }
  const schema = contract && Object.hasOwn(contract.events, event) ? contract.events[event] : undefined
  if (!isGap && !schema) return undefined
  try {
    const value = parseData(data)
    if (!schema) return { ok: true, name: 'gap', payload: value }
    const checked = validate(schema, value, event)
    if (checked.ok) return { ok: true, name: event, payload: checked.value }
    return { ok: false, error: new SseError('payload_invalid', `Event "${event}": ${checked.summary}`) }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    return { ok: false, error: new SseError('payload_invalid', `Event "${event}": ${message}`, { cause }) }
  }
}

/** What the server says of its failure in `sse.error`; whatever it says, an error. */
export function decodeServerError(data: string): SseError {
  let said: { code?: unknown; message?: unknown } = {}
  try {
    said = Object(parseData(data))
  } catch {}
  return new SseError(String(said.code ?? 'internal'), String(said.message ?? 'The server failed'))
}

/** Empty data is how `undefined` is written. */
function parseData(data: string): unknown {
  return data === '' ? undefined : JSON.parse(data)
}

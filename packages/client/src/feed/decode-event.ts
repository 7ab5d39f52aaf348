import { SseError, type StreamContract } from '@sse/contract'
import { isText, validate } from '@sse/contract/protocol'
import type { RunEnd } from '../connection/status.ts'

/** Vendor of `type<T>()`, which checks nothing at run time. */
const TYPES_ALONE = '@sse/contract'

/** Makes a payload of an event's data. @throws {Error} what is wrong with it. */
export type ReadPayload = (data: string) => unknown

/**
 * Returns how events of that name are read: as the contract says; without a contract, the payload is the raw data.
 *
 * @returns `undefined` for a name the contract does not have, such as one of a later version.
 */
export function payloadReader(contract: StreamContract | undefined, event: string): ReadPayload | undefined {
  if (!contract) return (data) => data
  const schema = Object.hasOwn(contract.events, event) && contract.events[event]
  if (!schema) return undefined
  if (schema['~standard'].vendor === TYPES_ALONE) return parseData
  if (isText(schema)) return (data) => data
  return (data) => {
    const checked = validate(schema, parseData(data), event)
    if (!checked.ok) throw new Error(checked.summary)
    return checked.value
  }
}

/** Returns the error of `sse.error`, whatever the event contains. */
export function decodeServerError(data: string): SseError {
  const { code, message } = parseFields(data)
  return new SseError(
    typeof code === 'string' ? code : 'internal',
    typeof message === 'string' ? message : 'The server failed',
  )
}

/** Returns how a run ended, of `sse.end`; `undefined` for the end of any other stream. */
export function decodeRunEnd(data: string): RunEnd | undefined {
  const { status, code, message } = parseFields(data)
  if (typeof status !== 'string') return undefined
  return {
    status,
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && { message }),
  }
}

/** Returns the fields of a control event; none if its data is no JSON object. */
function parseFields(data: string): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(data) ?? {}
  } catch {
    return {}
  }
}

/** Reads JSON; `undefined` is sent as empty data. */
export function parseData(data: string): unknown {
  return data === '' ? undefined : JSON.parse(data)
}

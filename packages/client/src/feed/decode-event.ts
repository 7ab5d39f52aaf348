import { SseError, type StreamContract } from '@sse/contract'
import { validate } from '@sse/contract/protocol'

/** The vendor of `type<T>()`, which has nothing to check at run time. */
const TYPES_ALONE = '@sse/contract'

/** Makes a payload of an event's data. @throws {Error} what is wrong with it. */
export type ReadPayload = (data: string) => unknown

/**
 * How events of that name are read: by the contract; without one, the payload is the data as it came.
 *
 * @returns `undefined` for a name that nobody here can know: one of a later version of the contract.
 */
export function payloadReader(contract: StreamContract | undefined, event: string): ReadPayload | undefined {
  if (event === 'gap') return parseData
  if (!contract) return (data) => data
  const schema = Object.hasOwn(contract.events, event) && contract.events[event]
  if (!schema) return undefined
  if (schema['~standard'].vendor === TYPES_ALONE) return parseData
  return (data) => {
    const checked = validate(schema, parseData(data), event)
    if (!checked.ok) throw new Error(checked.summary)
    return checked.value
  }
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

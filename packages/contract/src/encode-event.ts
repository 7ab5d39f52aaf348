import { encodeData, encodeHead } from './encode.ts'
import { SseError } from './error.ts'
import { isText, validate } from './schema.ts'
import type { PayloadInput, StreamContract } from './stream-contract.ts'

export interface EventOptions {
  /** The client's next `Last-Event-ID`, without CR, LF or NUL. Default: the client keeps its last one. */
  id?: string
  /** Reconnection delay for this client, a whole number of milliseconds, 0 to 2,147,483,647. */
  retry?: number
}

/** An event that has been checked and encoded, ready to be written to any number of connections. */
export class EncodedEvent<Name extends string = string> {
  readonly event: Name
  readonly frame: string

  constructor(event: Name, frame: string) {
    this.event = event
    this.frame = frame
  }
}

/**
 * Makes an event of `Contract`. A wrong name or payload is a compile error at that argument. The names are
 * written out instead of `EventName<Contract>` so that the error lists them.
 */
export type EventEncoder<Contract extends StreamContract> = <Name extends keyof Contract['events'] & string>(
  name: Name,
  payload: PayloadInput<Contract, Name>,
  options?: EventOptions,
) => EncodedEvent<Name>

/**
 * Builds the `event(name, payload, options?)` function of a contract. It validates the payload, keeps the schema's
 * output, and encodes it once.
 *
 * `undefined` is sent as empty data and read back as `undefined`.
 *
 * @param maxEventBytes - maximum size of a frame, in bytes of UTF-8.
 * @returns a function that throws {SseError} `event_unknown`, `payload_invalid` (the schema rejected it, or it is
 * not JSON: a cycle, a BigInt, a function), `payload_too_large`, `message_invalid` (id or retry).
 */
export function createEventEncoder<Contract extends StreamContract>(
  contract: Contract,
  maxEventBytes: number,
): EventEncoder<Contract> {
  const heads = new Map(Object.keys(contract.events).map((name) => [name, encodeHead(name)]))
  const texts = textEvents(contract)
  return (name, payload, options) => {
    const value = checkPayload(contract, name, payload)
    const data = texts?.has(name) ? (value as string) : encodePayload(name, value)
    const fields = options === undefined ? '' : encodeHead(undefined, options.id, options.retry)
    const frame = fields + heads.get(name) + encodeData(data)
    checkSize(name, frame, maxEventBytes)
    return new EncodedEvent(name, frame)
  }
}

/**
 * Encodes the payload of one event for a log: checks it, keeps the schema's output, and returns it as one line of JSON
 * (`''` for `undefined`). A text is JSON there too.
 *
 * @throws {SseError} `event_unknown`, `payload_invalid`.
 */
export function encodeEventData(contract: StreamContract, name: string, payload: unknown): string {
  return encodePayload(name, checkPayload(contract, name, payload))
}

/** Returns the names of the events whose payload is `text()`; `undefined` if there are none. */
export function textEvents(contract: StreamContract): ReadonlySet<string> | undefined {
  const names = Object.entries(contract.events).flatMap(([name, schema]) => (isText(schema) ? [name] : []))
  return names.length > 0 ? new Set(names) : undefined
}

/**
 * Checks the payload of one event and returns the schema's output.
 *
 * @throws {SseError} `event_unknown`, `payload_invalid`, `schema_async`.
 */
export function checkPayload(contract: StreamContract, name: string, payload: unknown): unknown {
  const schema = Object.hasOwn(contract.events, name) ? contract.events[name] : undefined
  if (schema === undefined) {
    const known = Object.keys(contract.events).join('", "')
    throw refuse(
      'event_unknown',
      `Stream "${contract.path}" has no event ${JSON.stringify(name)}; it has "${known}"`,
    )
  }
  const checked = validate(schema, payload, name)
  if (!checked.ok) throw refuse('payload_invalid', `Event "${name}": ${checked.summary}`)
  return checked.value
}

/** Checks the size of a frame. @throws {SseError} `payload_too_large` above `maxEventBytes` bytes of UTF-8. */
export function checkSize(name: string, frame: string, maxEventBytes: number): void {
  // A UTF-16 unit is at most 3 bytes of UTF-8: so most frames fit without being measured.
  if (frame.length * 3 <= maxEventBytes) return
  const bytes = frame.length > maxEventBytes ? frame.length : new TextEncoder().encode(frame).byteLength
  if (bytes > maxEventBytes) {
    throw refuse(
      'payload_too_large',
      `Event "${name}" has at least ${bytes} bytes; maxEventBytes is ${maxEventBytes}. Send a reference and let the client fetch it, or raise the limit`,
    )
  }
}

/**
 * Encodes one value as JSON; `undefined` is empty data.
 *
 * @throws {SseError} `payload_invalid` for a value that is not JSON: a cycle, a BigInt, a function.
 */
export function encodePayload(name: string, value: unknown): string {
  if (value === undefined) return ''
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw refuse('payload_invalid', `Event "${name}" is not JSON: ${(cause as Error).message}`, cause)
  }
  if (json === undefined) throw refuse('payload_invalid', `Event "${name}" is not JSON: a ${typeof value}`)
  return json
}

function refuse(
  code: 'event_unknown' | 'payload_invalid' | 'payload_too_large',
  message: string,
  cause?: unknown,
) {
  return new SseError(code, message, cause === undefined ? {} : { cause })
}

import { SseError } from '@sse/contract'
import { findNameProblem } from '@sse/contract/protocol'
import { readBody } from '../http/body.ts'
import type { ActionRequest } from '../http/definition.ts'
import { requireJson } from '../http/require-json.ts'
import { findJsonProblem } from './check-json.ts'

/** An event of a request, not checked against the contract yet. */
export interface GivenEvent {
  readonly channel: string
  readonly event: string
  /** `undefined` without the member `payload`. */
  readonly payload: unknown
  readonly key: string | undefined
  /** Of this event. Default: made from the header and the place. */
  readonly idempotencyKey: string | undefined
  /** Its place in the request, in front of messages: `''` for the only one. */
  readonly place: string
}

export interface RequestLimits {
  readonly maxBodyBytes: number
  readonly bodyTimeoutMs: number
  readonly signal: AbortSignal
}

/** Maximum number of events of a request: those of one append. */
const MAX_EVENTS = 1_000
const MEMBERS: ReadonlySet<string> = new Set(['channel', 'event', 'payload', 'key', 'idempotencyKey'])

/**
 * Reads the events of a request: an object, or an array of them.
 *
 * @throws {SseError} `method_not_allowed`, `content_type_unsupported`, `body_too_large`, `stalled`, `publish_invalid`.
 * `option_invalid` if the app has read the body and kept nothing of it.
 */
export async function readEvents(request: ActionRequest, limits: RequestLimits): Promise<GivenEvent[]> {
  if (request.method !== 'POST') throw new SseError('method_not_allowed', 'Use POST')
  requireJson(request.readHeader('content-type'))
  const text = await readText(request, limits)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // The message of the parser may quote the body.
    const [, position] = /at position (\d+)/.exec((error as Error).message) ?? []
    throw invalid(`The body is not valid JSON${position === undefined ? '' : `, at character ${position}`}`)
  }
  const problem = findJsonProblem(text)
  if (problem !== undefined) throw invalid(`The body cannot be taken: ${problem}`)
  if (!Array.isArray(value)) return [readEvent(value, '')]
  if (value.length === 0 || value.length > MAX_EVENTS) {
    throw invalid(`A request publishes 1 to ${MAX_EVENTS} events, not ${value.length}`)
  }
  return value.map((event, index) => readEvent(event, `[${index}]: `))
}

async function readText(
  { body, readHeader }: ActionRequest,
  { maxBodyBytes: maxBytes, bodyTimeoutMs: timeoutMs, signal }: RequestLimits,
): Promise<string> {
  if (body.wasRead) return checkSize(textOf(await body.parsed()), maxBytes)
  const encoding = readHeader('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new SseError('content_type_unsupported', 'Send the body without a content-encoding')
  }
  return decode(await readBody(body, readHeader('content-length'), { maxBytes, timeoutMs, signal }))
}

/** A parser of the app has read the body. Its value is checked like any other body. */
function textOf(parsed: unknown): string {
  if (typeof parsed === 'string') return parsed
  if (parsed instanceof ArrayBuffer) return decode(new Uint8Array(parsed))
  if (ArrayBuffer.isView(parsed)) {
    return decode(new Uint8Array(parsed.buffer, parsed.byteOffset, parsed.byteLength))
  }
  if (typeof parsed !== 'object' || parsed === null) {
    throw new SseError(
      'option_invalid',
      'publishHandler: the body was read before, and nothing of it is left',
    )
  }
  try {
    return JSON.stringify(parsed)
  } catch {
    throw invalid('The body cannot be taken: it is nested too deeply')
  }
}

function checkSize(text: string, maxBytes: number): string {
  if (text.length > maxBytes || (text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes)) {
    throw new SseError('body_too_large', `The body of a request may have ${maxBytes} bytes at most`)
  }
  return text
}

const encoder = /* @__PURE__ */ new TextEncoder()

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('The body is not UTF-8')
  }
}

function readEvent(given: unknown, place: string): GivenEvent {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid(`${place}An event is an object: { "channel": …, "event": …, "payload": … }`)
  }
  const unknown = Object.keys(given).find((name) => !MEMBERS.has(name))
  if (unknown !== undefined) {
    const shown = JSON.stringify(unknown.slice(0, 40))
    throw invalid(
      `${place}An event has no member ${shown}, only channel, event, payload, key and idempotencyKey`,
    )
  }
  const { channel, event, payload, key, idempotencyKey } = given as Record<string, unknown>
  if (typeof channel !== 'string') throw invalid(`${place}channel must be a string`)
  if (typeof event !== 'string') throw invalid(`${place}event must be a string`)
  if (key !== undefined && typeof key !== 'string') throw invalid(`${place}key must be a string`)
  const problem = idempotencyKey === undefined ? undefined : findNameProblem(idempotencyKey)
  if (problem !== undefined) throw invalid(`${place}idempotencyKey has 1 to 256 characters: ${problem}`)
  return { channel, event, payload, key, idempotencyKey: idempotencyKey as string | undefined, place }
}

/** Makes the error of a request that is not what the handler takes. */
export function invalid(message: string): SseError {
  return new SseError('publish_invalid', message)
}

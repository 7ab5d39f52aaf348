import { SseError } from '@sse/contract'
import { within } from '../engine-kit/within.ts'

/** The body of a request: its bytes, or what a body parser of the app has made of them. */
export type RequestBody = BodyBytes | { readonly parsed: unknown }

export interface BodyBytes {
  /** Resolves with the next bytes, and with `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>
  /** Reads no more. The response can still be sent. */
  stop(): void
}

/**
 * Reads the JSON of a request's body.
 *
 * @throws {SseError} `body_invalid`, `body_too_large`; `stalled` if it has not arrived after `timeoutMs`; `client_gone`
 * if the connection ends before.
 */
export async function readJson(body: RequestBody, maxBytes: number, timeoutMs: number): Promise<unknown> {
  if ('parsed' in body) return readParsed(body.parsed)
  const late = () => new SseError('stalled', `The body has not arrived within ${timeoutMs} ms`)
  try {
    return parse(await within(timeoutMs, readText(body, maxBytes), late))
  } catch (error) {
    body.stop()
    throw error
  }
}

/** A parser of raw bodies leaves text or bytes. */
function readParsed(value: unknown): unknown {
  if (typeof value === 'string') return parse(value)
  return value instanceof Uint8Array ? parse(decode(new TextDecoder('utf-8', { fatal: true }), value)) : value
}

async function readText(body: BodyBytes, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  for (;;) {
    const chunk = await nextOf(body)
    size += chunk?.byteLength ?? 0
    if (size > maxBytes) {
      throw new SseError('body_too_large', `The body is larger than ${maxBytes} bytes: send fewer events`)
    }
    text += decode(decoder, chunk)
    if (!chunk) return text
  }
}

async function nextOf(body: BodyBytes): Promise<Uint8Array | undefined> {
  try {
    return await body.next()
  } catch (cause) {
    throw new SseError('client_gone', 'The client has left before its body had arrived', { cause })
  }
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch {
    throw invalidBody('it is not UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidBody(text === '' ? 'it is empty' : (error as Error).message)
  }
}

export function invalidBody(problem: string): SseError {
  return new SseError('body_invalid', `The body cannot be read: ${problem}`)
}

import { SseError } from '@sse/contract'

/** The body of a request, as a bridge to a platform has it. */
export interface BodySource {
  /** Whether the app, or a parser of its framework, has read the body before. */
  readonly wasRead: boolean
  /** Returns what became of a body that was read before: a value, a text, bytes, or a promise of one. */
  parsed(): unknown
  /** Starts to read. Called once at most. */
  read(onChunk: (chunk: Uint8Array) => void): BodyReading
}

/** A body that is being read. */
export interface BodyReading {
  /** Resolves at the end of the body. Rejects if it was cut off. */
  readonly done: Promise<void>
  /** Ends the reading early. Resolves when the response can be sent: some clients read it only once theirs is sent. */
  stop(): Promise<void> | undefined
}

export interface BodyLimits {
  readonly maxBytes: number
  /** How long the whole body may take, in milliseconds. `Infinity`: no limit. */
  readonly timeoutMs: number
  /** Aborts when the client has left. */
  readonly signal: AbortSignal
}

/**
 * Reads a body into memory.
 *
 * @param declaredBytes - the request's `Content-Length`. A body that says that it is too large is not read.
 * @throws {SseError} `body_too_large`, `stalled`, and the signal's reason.
 */
export async function readBody(
  body: BodySource,
  declaredBytes: string | undefined,
  { maxBytes, timeoutMs, signal }: BodyLimits,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const tooLarge = () =>
    fail(new SseError('body_too_large', `The body of a request may have ${maxBytes} bytes at most`))
  const leave = () => fail(signal.reason)
  const stall = () => fail(new SseError('stalled', `The body did not arrive within ${timeoutMs} ms`))
  const timer = timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(stall, timeoutMs)
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  if (Number(declaredBytes) > maxBytes) tooLarge()
  const reading = body.read((chunk) => {
    size += chunk.byteLength
    if (size <= maxBytes) chunks.push(chunk)
    else {
      chunks.length = 0
      tooLarge()
    }
  })
  try {
    await Promise.race([failed, reading.done])
  } catch (error) {
    chunks.length = 0
    reading.done.catch(() => {}) // it rejects later, or never
    await reading.stop()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
  return concat(chunks, size)
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

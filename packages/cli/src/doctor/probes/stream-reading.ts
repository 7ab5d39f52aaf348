import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { createParser } from 'eventsource-parser'
import type { Exchange, ResponseHead, StreamFacts } from '../observations.ts'
import type { HttpResponse } from './http-request.ts'
import type { StreamItem } from './resume-point.ts'

/** More would tell nothing new. */
const MAX_BYTES = 8 * 1024 * 1024
/** Enough for every judgement. */
const MAX_ITEMS = 2_000
const MAX_DATA_CHARS = 4_096
const MAX_EVENT_CHARS = 16 * 1024 * 1024

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] }

/** Reads a stream, and notes what arrives and when. */
export class StreamReading {
  readonly head: ResponseHead
  readonly #response: HttpResponse
  readonly #facts: Mutable<StreamFacts>
  readonly #waiting = new Set<() => void>()
  readonly #parser: ReturnType<typeof createParser>
  #hasText = false
  #lineLength = 0
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
  #isOver = false

  constructor(response: HttpResponse) {
    this.head = response.head
    this.#response = response
    this.#facts = {
      arrivals: [],
      items: [],
      skippedItems: 0,
      commentsAtMs: [],
      retries: [],
      invalidRetries: 0,
      unknownFields: [],
      hasBom: false,
      hasInvalidUtf8: false,
      longestLine: 0,
      bytes: 0,
      unfinished: '',
      ending: 'open',
      endMs: 0,
      error: undefined,
    }
    this.#parser = this.#createParser()
    this.#read()
  }

  /** What was read so far. */
  get facts(): StreamFacts {
    return this.#isOver ? this.#facts : { ...this.#facts, endMs: this.#now() }
  }

  get exchange(): Exchange {
    return { head: this.head, stream: this.facts }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Resolves once the condition holds, the stream is over, or at `deadline` (of `performance.now()`). */
  async waitFor(isEnough: (facts: StreamFacts) => boolean, deadline: number): Promise<void> {
    while (!this.#isOver && !isEnough(this.facts)) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) return
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          this.#waiting.delete(wake)
          resolve()
        }
        // Conditions may also depend on the time.
        const timer = setTimeout(wake, Math.min(leftMs, 100))
        this.#waiting.add(wake)
      })
    }
  }

  /** Closes the connection. */
  stop(): void {
    this.#end('open')
    this.#response.close()
  }

  #now(): number {
    return performance.now() - this.#response.sentAt
  }

  #read(): void {
    const { body } = this.#response
    const decoded = decompress(body, this.head.headers['content-encoding'])
    body.on('data', (chunk: Buffer) => {
      if (this.#isOver) return
      this.#facts.bytes += chunk.length
      if (decoded === body) this.#take(chunk)
      // A server writes whole lines; something that fills buffers ends anywhere.
      const isMidLine = decoded === body && this.#lineLength > 0
      if (this.#facts.arrivals.length < MAX_ITEMS)
        this.#facts.arrivals.push({ atMs: this.#now(), bytes: chunk.length, isMidLine })
      if (this.#facts.bytes > MAX_BYTES) {
        this.#end('limit')
        this.#response.close()
      }
      this.#wake()
    })
    if (decoded !== body) {
      decoded.on('data', (chunk: Buffer) => {
        if (!this.#isOver) this.#take(chunk)
        this.#wake()
      })
      decoded.on('error', (error: Error) => this.#fail(error))
    }
    body.on('error', (error: Error) => this.#fail(error))
    decoded.on('end', () => this.#end(this.#response.isComplete() ? 'ended' : 'cut'))
    body.on('close', () => {
      if (!this.#response.isComplete()) this.#end('cut')
    })
  }

  #take(chunk: Buffer): void {
    let text = this.#decode(chunk)
    if (!this.#hasText && text) {
      this.#hasText = true
      this.#facts.hasBom = text.startsWith('\uFEFF')
      if (this.#facts.hasBom) text = text.slice(1)
    }
    this.#measureLines(text)
    try {
      this.#parser.feed(text)
    } catch {
      // The buffer is full. What follows is only counted.
    }
    const blocks = (this.#facts.unfinished + text).split(/\r\n\r\n|\n\n|\r\r/)
    this.#facts.unfinished = (blocks.at(-1) ?? '').slice(-MAX_DATA_CHARS)
  }

  #decode(chunk: Buffer): string {
    try {
      return this.#decoder.decode(chunk, { stream: true })
    } catch {
      this.#facts.hasInvalidUtf8 = true
      this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true })
      return this.#decoder.decode(chunk, { stream: true })
    }
  }

  #measureLines(text: string): void {
    let start = 0
    for (const { index } of text.matchAll(/[\r\n]/g)) {
      this.#noteLine(this.#lineLength + index - start)
      this.#lineLength = 0
      start = index + 1
    }
    this.#lineLength += text.length - start
    this.#noteLine(this.#lineLength)
  }

  #noteLine(length: number): void {
    this.#facts.longestLine = Math.max(this.#facts.longestLine, length)
  }

  #createParser() {
    const parser = createParser({
      maxBufferSize: MAX_EVENT_CHARS,
      onId: (id) => this.#add({ atMs: this.#now(), id, event: undefined, data: '' }),
      onEvent: ({ id, event = 'message', data }) => {
        // The parser reports the id of the same block first.
        if (id !== undefined && this.#facts.items.at(-1)?.event === undefined) this.#facts.items.pop()
        this.#add({ atMs: this.#now(), id, event, data: data.slice(0, MAX_DATA_CHARS) })
      },
      onComment: () => {
        if (this.#facts.commentsAtMs.length < MAX_ITEMS) this.#facts.commentsAtMs.push(this.#now())
      },
      onRetry: (retryMs) => {
        if (this.#facts.retries.length < MAX_ITEMS) this.#facts.retries.push(retryMs)
      },
      onError: ({ type, field }) => {
        if (type === 'invalid-retry') this.#facts.invalidRetries += 1
        else if (type === 'unknown-field' && this.#facts.unknownFields.length < MAX_ITEMS)
          this.#facts.unknownFields.push(String(field).slice(0, 40))
      },
    })
    // Past its own check for a byte order mark, which is ours.
    parser.feed(':\n')
    this.#facts.commentsAtMs.length = 0
    return parser
  }

  #add(item: StreamItem): void {
    if (this.#facts.items.length < MAX_ITEMS) this.#facts.items.push(item)
    else this.#facts.skippedItems += 1
  }

  #fail(error: Error): void {
    if (!this.#isOver) this.#facts.error = error.message
    this.#end('cut')
  }

  #end(ending: StreamFacts['ending']): void {
    if (this.#isOver) return
    this.#facts.ending = ending
    this.#facts.endMs = this.#now()
    this.#isOver = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}

function decompress(body: Readable, encoding: string | undefined): Readable {
  const decoder = decoderFor(encoding?.trim().toLowerCase())
  return decoder ? body.pipe(decoder) : body
}

function decoderFor(encoding: string | undefined) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  if (encoding === 'br') return createBrotliDecompress()
  if (encoding === 'deflate') return createInflate()
  return undefined
}

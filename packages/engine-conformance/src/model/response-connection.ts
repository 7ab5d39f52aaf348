import { CONTROL } from '@sse/contract/protocol'
import { type Frame, parseFrames } from './frames.ts'
import type { ReaderConnection } from './reader-connection.ts'

const FRAME_END = '\n\n'

/** A connection by Fetch: a request, and the body of its response. While the reader stalls, it reads nothing. */
export class ResponseConnection implements ReaderConnection {
  readonly frames: Frame[] = []
  isEnded = false
  refusal: string | undefined
  readonly #abort = new AbortController()
  readonly #decoder = new TextDecoder()
  #body: ReadableStreamDefaultReader<Uint8Array> | undefined
  #rest = ''
  #isFlowing = true
  #isReading = false
  #hasOpen = false

  constructor(
    stream: (request: Request) => Response | Promise<Response>,
    path: string,
    lastEventId?: string,
  ) {
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const request = new Request(`http://model.test${path}`, { headers, signal: this.#abort.signal })
    this.#begin(stream(request))
  }

  get isOpen(): boolean {
    return this.#body !== undefined && (this.#hasOpen || !this.#isFlowing)
  }

  /** Unknown while the reader stalls: the response has buffers. */
  get isFull(): boolean | undefined {
    return this.#isFlowing ? false : undefined
  }

  setFlowing(isFlowing: boolean): void {
    this.#isFlowing = isFlowing
    this.#read()
  }

  drop(): void {
    this.isEnded = true
    this.#abort.abort()
    this.#body?.cancel().catch(() => {})
  }

  async #begin(answer: Response | Promise<Response>): Promise<void> {
    const response = await Promise.resolve(answer).catch(() => undefined)
    if (this.isEnded) {
      response?.body?.cancel().catch(() => {})
      return
    }
    if (!response) {
      this.refusal = 'no response'
      return
    }
    if (response.status !== 200 || !response.body) {
      this.refusal = `${response.status} ${await response.text()}`
      return
    }
    this.#body = response.body.getReader()
    this.#read()
  }

  async #read(): Promise<void> {
    if (this.#isReading || !this.#body) return
    this.#isReading = true
    while (this.#isFlowing && !this.isEnded) {
      const { done, value } = await this.#body.read().catch(() => ({ done: true, value: undefined }))
      if (this.isEnded) break
      if (done) this.isEnded = true
      this.#take(this.#decoder.decode(value, { stream: true }))
    }
    this.#isReading = false
  }

  #take(text: string): void {
    const whole = (this.#rest + text).split(FRAME_END)
    this.#rest = whole.pop() ?? ''
    const frames = parseFrames(whole.join(FRAME_END))
    if (frames.some(({ event }) => event === CONTROL.open)) this.#hasOpen = true
    this.frames.push(...frames)
  }
}

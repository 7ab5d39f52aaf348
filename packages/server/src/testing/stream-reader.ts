export interface ReadMessage {
  id: string | undefined
  event: string
  data: string
}

/** A client that reads one response to its end, and remembers each message. Comments and `retry` are in `text`. */
export class StreamReader {
  readonly response: Response
  readonly messages: ReadMessage[] = []
  text = ''
  isOver = false
  readonly #abort: AbortController
  #wake = () => {}
  #rest = ''

  static async open(url: string, lastEventId?: string, fetcher = fetch): Promise<StreamReader> {
    const abort = new AbortController()
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    return new StreamReader(await fetcher(url, { headers, signal: abort.signal }), abort)
  }

  private constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#read().catch(() => {
      this.isOver = true
      this.#wake()
    })
  }

  /** What events were sent, without the library's own. */
  get events(): ReadMessage[] {
    return this.messages.filter(({ event }) => !event.startsWith('sse.'))
  }

  get payloads(): unknown[] {
    return this.events.map(({ data }) => JSON.parse(data))
  }

  /** Where a client that is cut off now resumes. */
  get lastEventId(): string | undefined {
    return this.messages.findLast(({ id }) => id !== undefined)?.id
  }

  /** Waits until `isEnough`; rejects when the response ends before. */
  async until(isEnough: (reader: this) => boolean): Promise<this> {
    while (!isEnough(this)) {
      if (this.isOver) throw new Error(`the response is over: ${this.text}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this
  }

  /** Waits for the first event of a name. */
  async message(event: string): Promise<ReadMessage> {
    await this.until(({ messages }) => messages.some((message) => message.event === event))
    return this.messages.find((message) => message.event === event) as ReadMessage
  }

  /** Waits for the end of the response. */
  async over(): Promise<this> {
    while (!this.isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this
  }

  close(): void {
    this.#abort.abort()
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of this.response.body as unknown as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true })
      this.text += text
      this.#rest += text
      const blocks = this.#rest.split('\n\n')
      this.#rest = blocks.pop() as string
      for (const block of blocks) this.#take(block)
      this.#wake()
    }
    this.isOver = true
    this.#wake()
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
      }),
    )
    const data = fields.get('data')
    if (data !== undefined) {
      this.messages.push({ id: fields.get('id'), event: fields.get('event') ?? 'message', data })
    }
  }
}

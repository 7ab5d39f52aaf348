/** What a stream is made of, and how it comes. */
export interface Shape {
  events: number
  /** One in so many is listened to; the others have another name. */
  heardEach: number
  /** Events in a chunk, about. */
  perChunk: number
  /** Characters of an event's JSON, about; at least 40. */
  size: number
  /** Whether each event has an id. */
  hasIds: boolean
}

interface Tick {
  n: number
  symbol: string
  text: string
}

const TEXT = 'The quick brown fox jumps over the lazy dog, again'

export function makeChunks({ events, heardEach, perChunk, size, hasIds }: Shape): Uint8Array[] {
  const encoder = new TextEncoder()
  const text = TEXT.repeat(Math.ceil(size / TEXT.length)).slice(0, Math.max(0, size - 40))
  const chunks: Uint8Array[] = []
  let chunk = ''
  for (let n = 1; n <= events; n++) {
    const tick: Tick = { n, symbol: `S${n % 500}`, text }
    // Counted from the last one, which is heard: it ends the run.
    const name = (events - n) % heardEach === 0 ? 'tick' : 'other'
    const id = hasIds ? `id: 5fad5ee85a7b-${n.toString(36)}\n` : ''
    chunk += `${id}event: ${name}\ndata: ${JSON.stringify(tick)}\n\n`
    if (n % perChunk === 0 || n === events) {
      chunks.push(encoder.encode(chunk))
      chunk = ''
    }
  }
  return chunks
}

/** A `fetch` whose answer is `chunks`, from memory; it stays open after them, as a stream does. */
export function fetchOf(chunks: readonly Uint8Array[]): typeof fetch {
  return async (_, init) => {
    let next = 0
    let leave = (): void => {}
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          leave = () => {
            try {
              controller.close()
            } catch {
              // It was cancelled.
            }
          }
          init?.signal?.addEventListener('abort', () => leave(), { once: true })
        },
        pull(controller) {
          const chunk = chunks[next++]
          if (chunk) controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

/** Follows one run: every tick that is heard, in order, until the last. */
export class Count {
  readonly over: Promise<void>
  readonly #shape: Shape
  #heard = 0
  #sum = 0
  #end: () => void = () => {}

  constructor(shape: Shape) {
    this.#shape = shape
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  readonly hear = (payload: unknown): void => {
    const { n } = payload as Tick
    this.#heard += 1
    this.#sum += n
    if (n === this.#shape.events) this.#end()
  }

  /** What is wrong with what was heard, if anything. */
  get problem(): string | undefined {
    const { events, heardEach } = this.#shape
    let heard = 0
    let sum = 0
    for (let n = events; n >= 1; n -= heardEach) {
      heard += 1
      sum += n
    }
    if (heard === this.#heard && sum === this.#sum) return undefined
    return `${this.#heard} events were heard, ${heard} were sent`
  }
}

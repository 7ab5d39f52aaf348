import { parseEvents } from '@sse/test-support/parse-events'
import { unchunk } from '@sse/test-support/unchunk'
import { makeText, makeTick } from './tick.ts'

interface Expected {
  /** Number of the first event. */
  first: number
  events: number
  payloadBytes: number
}

/** Every byte of one connection, until it is verified. */
export class Sample {
  readonly #protocol: 'sse' | 'websocket'
  #received: Buffer[] = []
  /** Known from the head, which comes first. */
  #isChunked: boolean | undefined

  constructor(protocol: 'sse' | 'websocket') {
    this.#protocol = protocol
  }

  push(bytes: Buffer): void {
    this.#received.push(bytes)
  }

  /** What is wrong with what came since the last time, if anything: all that was published, in order. */
  findProblem({ first, events, payloadBytes }: Expected): string | undefined {
    const found = this.#take()
    const text = makeText(payloadBytes)
    if (found.length !== events) return `${found.length} events came, ${events} were published`
    for (const [index, { id, data }] of found.entries()) {
      if (data !== JSON.stringify(makeTick(first + index, text))) return `event ${first + index} is ${data}`
      if (!id) return `event ${first + index} has no id`
    }
    return undefined
  }

  #take(): Event[] {
    let received = Buffer.concat(this.#received)
    this.#received = []
    if (this.#isChunked === undefined) {
      const headEnd = received.indexOf('\r\n\r\n') + 4
      const head = received.toString('latin1', 0, headEnd).toLowerCase()
      this.#isChunked = head.includes('transfer-encoding: chunked')
      received = received.subarray(headEnd)
    }
    if (this.#protocol === 'websocket') return readMessages(received)
    const text = received.toString('latin1')
    return readEvents(this.#isChunked ? unchunk(text) : text)
  }
}

interface Event {
  id: string
  data: string
}

function readEvents(text: string): Event[] {
  return parseEvents(text).flatMap(({ id = '', event, data }) =>
    event === 'tick' && data ? [{ id, data }] : [],
  )
}

/** Text messages of a WebSocket server: never masked. */
function readMessages(frames: Buffer): Event[] {
  const found: Event[] = []
  for (let at = 0; at < frames.length; ) {
    const short = (frames[at + 1] as number) & 0x7f
    const head = short < 126 ? 2 : 4 // nothing here is longer than 64 KB
    const length = short < 126 ? short : frames.readUInt16BE(at + 2)
    const message = JSON.parse(frames.toString('latin1', at + head, at + head + length))
    found.push({ id: message.id, data: JSON.stringify(message.data) })
    at += head + length
  }
  return found
}

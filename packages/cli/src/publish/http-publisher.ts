import { isSseError, SseError } from '@sse/contract'
import { CommandError } from '../command-error.ts'
import { failureOf } from '../explain-failure.ts'
import { fetchWithin } from '../fetch-within.ts'
import type { Publisher } from './publisher.ts'
import type { OutgoingEvent } from './read-events.ts'

export interface HttpOptions {
  readonly header?: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeout: number
}

interface Waiting {
  readonly json: string
  readonly resolve: (id: string) => void
  readonly reject: (error: unknown) => void
}

/** A `publishHandler` accepts this many events, and one mebibyte, unless its app says otherwise. */
const MAX_EVENTS = 1_000
const MAX_CHARS = 262_144

/** By status: what its endpoint is, not a stream's. */
const NEXT: Record<number, string> = {
  404: 'check the path that the app has mounted publishHandler at',
  405: 'this is not the URL of a publishHandler: check the path',
  413: 'publish smaller events, or raise maxBodyBytes in the app',
  422: "correct the event: the app's contract decides",
}

/** Publishes to a `publishHandler`, which checks names and payloads. Events that wait share a request. */
export function openHttpPublisher(url: URL, { header = {}, timeout }: HttpOptions): Publisher {
  const waiting: Waiting[] = []
  let isSending = false

  async function sendAll(): Promise<void> {
    // After the events of this turn.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const batch = takeBatch(waiting)
      try {
        const ids = await send(batch.map(({ json }) => json))
        for (const [index, { resolve }] of batch.entries()) resolve(ids[index] as string)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isSending = false
  }

  async function send(events: readonly string[]): Promise<string[]> {
    const body = events.length === 1 ? (events[0] as string) : `[${events.join(',')}]`
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...header }
    let answer: { status: number; body: { ids?: unknown; message?: unknown } }
    try {
      const response = await fetchWithin(timeout, url, { method: 'POST', headers, body })
      answer = { status: response.status, body: await readJson(response) }
    } catch (cause) {
      throw failureOf(
        isSseError(cause) ? cause : new SseError('network', 'The request failed', { cause }),
        url,
      )
    }
    const {
      status,
      body: { ids, message },
    } = answer
    if (status === 200 && Array.isArray(ids) && ids.length === events.length) return ids.map(String)
    if (status === 200) {
      throw new CommandError(`${url.host} answered 200 without ids`, { next: NEXT[405] as string })
    }
    const refused = new SseError('http_status', 'Refused', {
      status: status >= 400 ? status : 500,
      ...(typeof message === 'string' && { cause: new Error(message) }),
    })
    const failure = failureOf(refused, url)
    const next = NEXT[status] ?? failure.next
    throw new CommandError(failure.message, next === undefined ? {} : { next })
  }

  return {
    publish: (event) =>
      new Promise((resolve, reject) => {
        waiting.push({ json: JSON.stringify(event satisfies OutgoingEvent), resolve, reject })
        if (isSending) return
        isSending = true
        sendAll()
      }),
    close: async () => {},
  }
}

function takeBatch(waiting: Waiting[]): Waiting[] {
  let chars = 0
  let count = 0
  for (const { json } of waiting) {
    chars += json.length
    if (count > 0 && (chars > MAX_CHARS || count === MAX_EVENTS)) break
    count += 1
  }
  return waiting.splice(0, count)
}

async function readJson(response: Response): Promise<{ ids?: unknown; message?: unknown }> {
  try {
    return Object(await response.json())
  } catch {
    return {}
  }
}

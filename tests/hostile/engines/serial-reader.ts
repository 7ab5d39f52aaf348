import { type ClientRequest, get } from 'node:http'
import type { SubscriptionEvent } from '@sse/server'
import type { serials } from './serials.ts'

/** What a client or a loop has received. */
export interface SerialReader {
  readonly serials: number[]
  /** Names of all events, control events included. */
  readonly events: string[]
  /** What ended it early. */
  readonly problems: string[]
  close(): void
}

/** How long a client waits after 503. */
const RETRY_MS = 100

/** A client of the stream. It ends with the response. */
export function readStream(port: number, name: string, lastEventId: string | undefined): SerialReader {
  const reader = { serials: [] as number[], events: [] as string[], problems: [] as string[] }
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  let rest = ''
  let isLineEnd = false
  let isClosed = false
  let sent: ClientRequest
  const ask = () => {
    sent = get({ port, path: `/serials/${name}`, headers, agent: false }, (response) => {
      if (response.statusCode === 503) {
        response.resume()
        setTimeout(() => isClosed || ask(), RETRY_MS)
        return
      }
      if (response.statusCode !== 200) reader.problems.push(`The status was ${response.statusCode}`)
      response.setEncoding('utf8').on('data', (text: string) => {
        // Searching all of a large event again with each of its pieces would take longer than sending it.
        const isEnd = text.includes('\n\n') || (isLineEnd && text.startsWith('\n'))
        isLineEnd = text.endsWith('\n')
        rest += text
        if (!isEnd) return
        const blocks = rest.split('\n\n')
        rest = blocks.pop() as string
        for (const block of blocks) take(block)
      })
      response.on('error', () => {})
      response.on('close', () => isClosed || reader.problems.push('The response ended'))
    })
    sent.on('error', (error) => isClosed || reader.problems.push(String(error)))
  }
  const take = (block: string) => {
    const lines = block.split('\n')
    const read = (field: string) =>
      lines.filter((line) => line.startsWith(`${field}: `)).map((line) => line.slice(field.length + 2))
    const [event] = read('event')
    if (event !== undefined) reader.events.push(event)
    if (event !== 'n') return
    const serial = readSerial(read('data').join('\n'))
    if (serial !== undefined) reader.serials.push(serial)
  }
  const close = () => {
    isClosed = true
    sent.destroy()
  }
  ask()
  return { ...reader, close }
}

/** The same for a loop over a subscription. */
export function readLoop(subscription: AsyncIterable<SubscriptionEvent<typeof serials>>): SerialReader {
  const reader = { serials: [] as number[], events: [] as string[], problems: [] as string[] }
  const iterator = subscription[Symbol.asyncIterator]()
  let isClosed = false
  const run = async () => {
    for (;;) {
      const { done, value } = await iterator.next()
      if (done) break
      reader.events.push(value.event)
      const { payload } = value as { payload: unknown }
      const serial = (payload as { serial?: unknown } | null | undefined)?.serial
      if (value.event === 'n' && typeof serial === 'number') reader.serials.push(serial)
    }
    if (!isClosed) reader.problems.push('The loop ended')
  }
  run().catch((error) => reader.problems.push(`The loop threw ${error}`))
  const close = () => {
    isClosed = true
    iterator.return?.()
  }
  return { ...reader, close }
}

/** Other data than that of the tests is none of theirs. */
function readSerial(data: string): number | undefined {
  try {
    const payload: unknown = JSON.parse(data)
    const { serial } = payload as { serial?: unknown }
    return typeof serial === 'number' ? serial : undefined
  } catch {
    return undefined
  }
}

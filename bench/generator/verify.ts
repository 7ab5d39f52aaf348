import { parseEvents } from '@sse/test-support/parse-events'
import { unchunk } from '@sse/test-support/unchunk'
import { tick } from './ticks.ts'

/** What is wrong with a whole response, if anything: its payloads must be all that was yielded, in order. */
export function findProblem(response: Buffer, events: number): string | undefined {
  const text = response.toString('latin1')
  const headEnd = text.indexOf('\r\n\r\n')
  const head = text.slice(0, headEnd).toLowerCase()
  if (!head.startsWith('http/1.1 200')) return `the answer is ${head.split('\r\n')[0]}`
  if (!head.includes('content-type: text/event-stream')) return 'the answer is no event stream'
  const body = text.slice(headEnd + 4)
  const payloads = readPayloads(head.includes('transfer-encoding: chunked') ? unchunk(body) : body)
  if (payloads.length !== events) return `${payloads.length} events came, ${events} were yielded`
  for (const [index, payload] of payloads.entries()) {
    const expected = JSON.stringify(tick(index))
    // oRPC wraps the payload in an object of its own.
    if (payload !== expected && payload !== `{"json":${expected}}`) return `event ${index} is ${payload}`
  }
  return undefined
}

/** Returns the data of every event that is not the library's own (tRPC's `connected` and `return`, our `sse.end`). */
function readPayloads(body: string): string[] {
  return parseEvents(body).flatMap(({ event, data }) =>
    data && ['', 'message', 'tick'].includes(event) ? [data] : [],
  )
}

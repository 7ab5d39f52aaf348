import { fetchTransport } from '@sse/client'
import { classTransport } from './class-transport.ts'
import { collect } from './collect.ts'
import { PARSING } from './parsing.ts'

const toBytes = (chunk: string | number[]) =>
  typeof chunk === 'string' ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk)

/**
 * Reads every case from memory, over `fetch` and over the class: for runtimes that have no runner for tests.
 *
 * @returns how many were read, and what was not read as it must be.
 */
export async function runCases(): Promise<{ read: number; wrong: unknown[] }> {
  const transports = { fetch: fetchTransport, 'EventSource class': classTransport }
  const wrong: unknown[] = []
  let read = 0
  for (const [transport, carry] of Object.entries(transports)) {
    for (const { name, stream, events } of PARSING) {
      const chunks = typeof stream === 'string' ? [stream] : stream
      const body = () =>
        new ReadableStream({
          start(controller) {
            for (const chunk of chunks) controller.enqueue(toBytes(chunk))
            controller.close()
          },
        })
      const collected = await collect(carry, 'http://a/', {
        fetch: async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } }),
      })
      read += 1
      if (JSON.stringify(collected.events) !== JSON.stringify(events)) {
        wrong.push({ transport, name, events: collected.events })
      }
    }
  }
  return { read, wrong }
}

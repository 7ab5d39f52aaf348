// The live demo's parts: a real hub, a real handler and real feeds, joined by a line in the page in place of a network.
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub, type Hub, memory, sse } from '@sse/server'

export const inbox = defineStream({
  path: '/inbox',
  channels: ['person:{id}'],
  events: { lead: type<{ title: string }>() },
})

/** Events that the hub keeps. Few, so that a visitor can reach a gap. */
export const KEPT = 6

type Handler = (request: Request) => Response | Promise<Response>

/** A server process: it forgets everything when it stops, because its hub is in memory. */
export class DemoServer {
  #running: { readonly hub: Hub<typeof inbox>; readonly handler: Handler } | undefined

  start(): void {
    const hub = createHub(inbox, {
      engine: memory(),
      retention: { maxEvents: KEPT },
      ring: { maxEvents: KEPT },
    })
    const handler = sse(hub, {
      authorize: () => 'ada',
      channels: ({ identity }) => [`person:${identity}`] as const,
    })
    this.#running = { hub, handler }
  }

  /** Crashes: nothing is closed in order. */
  stop(): void {
    void this.#running?.hub.close()
    this.#running = undefined
  }

  publish(title: string): Promise<string> | undefined {
    return this.#running?.hub.publish('person:ada', 'lead', { title })
  }

  answer(request: Request): Promise<Response> {
    if (!this.#running) throw new TypeError('connection refused')
    return Promise.resolve(this.#running.handler(request))
  }
}

/** The line between a page and the server. It has a `fetch`, shows what passes, and can be cut. */
export class DemoLine {
  readonly #server: DemoServer
  readonly #onText: (text: string) => void
  readonly #open = new Set<(error: TypeError) => void>()
  isCut = false

  constructor(server: DemoServer, onText: (text: string) => void) {
    this.#server = server
    this.#onText = onText
  }

  /** Breaks the connections that are open, and refuses new ones until it is mended. */
  cut(): void {
    this.isCut = true
    this.break()
  }

  mend(): void {
    this.isCut = false
  }

  /** Breaks the connections that are open. */
  break(): void {
    for (const fail of this.#open) fail(new TypeError('network error'))
    this.#open.clear()
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.isCut) throw new TypeError('network error')
    const request = new Request(input, init)
    this.#onText(`→ GET ${new URL(request.url).pathname}${lastIdOf(request)}\n`)
    const response = await this.#server.answer(request)
    if (!response.body) return response
    return new Response(this.#carry(response.body), response)
  }

  #carry(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader()
    const decoder = new TextDecoder()
    const open = this.#open
    const show = this.#onText
    let fail: (error: TypeError) => void
    return new ReadableStream({
      start(controller) {
        fail = (error) => {
          controller.error(error)
          void reader.cancel(error)
        }
        open.add(fail)
      },
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!open.has(fail)) return
        if (done) {
          open.delete(fail)
          return controller.close()
        }
        show(decoder.decode(value, { stream: true }))
        controller.enqueue(value)
      },
      cancel(reason) {
        open.delete(fail)
        return reader.cancel(reason)
      },
    })
  }
}

function lastIdOf(request: Request): string {
  const id = request.headers.get('last-event-id')
  return id === null ? '' : `\n→ Last-Event-ID: ${id}`
}

/** Opens Ada's inbox over a line, as her page would. */
export function openInbox(line: DemoLine) {
  return connect(inbox, {
    baseUrl: 'https://app.example',
    fetch: line.fetch,
    reconnect: { jitterMs: 400, maxJitterMs: 1_500 },
    onError: () => {}, // shown by the status
  })
}

import type { Readable } from 'node:stream'
import { SseError } from '@sse/contract'
import type { BodyReading, BodySource } from '../http/body.ts'

/** How long the rest of a refused body is read and dropped before the answer, in milliseconds. */
const LINGER_MS = 1_000

/** The body of Node's request. */
export class NodeBody implements BodySource {
  readonly #req: Readable & { readonly body?: unknown }
  readonly #parsed: (() => unknown) | undefined

  /** @param parsed - returns what a parser of the framework has made of it. Default: `req.body`. */
  constructor(req: Readable, parsed: (() => unknown) | undefined) {
    this.#req = req
    this.#parsed = parsed
  }

  get wasRead(): boolean {
    return this.#req.readableDidRead || this.#req.readableEnded
  }

  parsed(): unknown {
    return this.#parsed ? this.#parsed() : this.#req.body
  }

  read(onChunk: (chunk: Uint8Array) => void): BodyReading {
    return readNodeBody(this.#req, onChunk)
  }
}

function readNodeBody(req: Readable, onChunk: (chunk: Uint8Array) => void): BodyReading {
  let receive = onChunk
  let stopped: (() => void) | undefined
  const done = new Promise<void>((resolve, reject) => {
    const cut = () => reject(new SseError('client_gone', 'The client has left while it sent the body'))
    req.on('data', (chunk: Uint8Array) => receive(chunk))
    req.once('end', () => {
      resolve()
      stopped?.()
    })
    req.on('error', cut)
    req.once('close', () => {
      cut()
      stopped?.()
    })
  })
  return {
    done,
    // Many clients read no answer before they have sent their request: it would be lost with the connection.
    stop() {
      receive = () => {}
      if (req.readableEnded || req.destroyed) return undefined
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, LINGER_MS)
        stopped = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
  }
}

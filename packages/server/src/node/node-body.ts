import type { Readable } from 'node:stream'
import { SseError } from '@sse/contract'
import type { BodyReading, BodySource } from '../http/body.ts'

/** How long the rest of a refused body is read and dropped before the answer, in milliseconds. */
const LINGER_MS = 1_000

/**
 * The body of Node's request.
 *
 * @param parsed - what a parser of the framework has made of it.
 */
export function nodeBody(req: Readable, parsed: () => unknown): BodySource {
  return {
    get wasRead() {
      return req.readableDidRead || req.readableEnded
    },
    parsed,
    read: (onChunk) => readNodeBody(req, onChunk),
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

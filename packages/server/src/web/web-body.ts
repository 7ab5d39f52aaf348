import { SseError } from '@sse/contract'
import type { BodyReading, BodySource } from '../http/body.ts'

/**
 * The body of a web request.
 *
 * @param parsed - what the framework has kept of it.
 */
export function webBody(request: Request, parsed: () => unknown): BodySource {
  return {
    get wasRead() {
      return request.bodyUsed
    },
    parsed,
    read: (onChunk) => readWebBody(request, onChunk),
  }
}

function readWebBody({ body }: Request, onChunk: (chunk: Uint8Array) => void): BodyReading {
  const reader = body?.getReader()
  const readAll = async () => {
    try {
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
        onChunk(next.value)
    } catch (cause) {
      throw new SseError('client_gone', 'The client has left while it sent the body', { cause })
    }
  }
  return {
    done: readAll(),
    stop() {
      reader?.cancel().catch(() => {}) // the runtime decides what happens to the rest
      return undefined
    },
  }
}

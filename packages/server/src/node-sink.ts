import type { Sink } from './outbox.ts'

/** The part of a Node response that a stream writes to; compression middleware adds `flush`. */
export interface WritableResponse {
  write(text: string): boolean
  end(): void
  flush?: () => void
}

export class NodeSink implements Sink {
  readonly #res: WritableResponse

  constructor(res: WritableResponse) {
    this.#res = res
  }

  write(text: string): boolean {
    const hasRoom = this.#res.write(text)
    // A compressor holds small writes back until it is told not to.
    this.#res.flush?.()
    return hasRoom
  }

  end(): void {
    this.#res.end()
  }

  afterTurn(task: () => void): void {
    // Runs when the microtasks are done, before any I/O: the first event of a turn waits for nothing else.
    process.nextTick(task)
  }

  nextTurn(task: () => void): void {
    setImmediate(task)
  }
}

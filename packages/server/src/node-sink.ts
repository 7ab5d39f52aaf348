import type { Sink } from './outbox.ts'

/** The part of a Node response that a stream writes to; compression middleware adds `flush`. */
export interface WritableResponse {
  write(text: string): boolean
  end(): void
  flush?: () => void
  readonly socket: { cork(): void; uncork(): void } | null
  /** There is one on HTTP/2, whose streams share their socket. */
  readonly stream?: unknown
}

export class NodeSink implements Sink {
  readonly #res: WritableResponse

  constructor(res: WritableResponse) {
    this.#res = res
  }

  write(text: string): boolean {
    // Node corks the socket itself, at a tick's first write, and lets go in a tick of its own. Letting go here
    // gives about 8 % more events per CPU second with 1 or 10 events a turn.
    const socket = this.#res.stream ? null : this.#res.socket
    socket?.cork()
    const hasRoom = this.#res.write(text)
    // A compressor holds small writes back until it is told not to.
    this.#res.flush?.()
    socket?.uncork()
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

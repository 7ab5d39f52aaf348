/**
 * Body of a response that ends after everything written was read. A plain `ReadableStream` would drop unread chunks
 * when it fails.
 */
export class Body {
  readonly stream: ReadableStream<Uint8Array>
  readonly #chunks: Uint8Array[] = []
  #end: { reason: unknown } | 'close' | undefined
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #isWanted = false

  constructor(onCancel: () => void) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#isWanted = true
          this.#flush()
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    )
  }

  write(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#flush()
  }

  /** Ends the body after everything written, with a failure if one is given. */
  end(failure?: { reason: unknown }): void {
    this.#end = failure ?? 'close'
    this.#flush()
  }

  /** Fails the body at once. Unread chunks are lost. */
  abort(reason: unknown): void {
    this.#controller.error(reason)
    this.#isWanted = false
  }

  #flush(): void {
    if (!this.#isWanted) return
    const chunk = this.#chunks.shift()
    if (!chunk && !this.#end) return
    this.#isWanted = false
    if (chunk) this.#controller.enqueue(chunk)
    else if (this.#end === 'close') this.#controller.close()
    else this.#controller.error(this.#end?.reason)
  }
}

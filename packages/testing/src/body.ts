/**
 * A response's body that ends only when everything before has been read: a stream of its own would drop what
 * waits when it fails.
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

  /** After what was written: the end, or a failure. */
  end(failure?: { reason: unknown }): void {
    this.#end = failure ?? 'close'
    this.#flush()
  }

  /** At once; what was not read is lost. */
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

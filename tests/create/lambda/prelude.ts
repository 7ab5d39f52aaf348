import { Transform, type TransformCallback } from 'node:stream'

export interface Prelude {
  statusCode?: number
  headers?: Record<string, string>
  cookies?: string[]
}

const DELIMITER = Buffer.alloc(8)

/** Takes status and headers from the start of a streamed answer, up to eight null bytes, and passes on the body. */
export class PreludeParser extends Transform {
  readonly #onPrelude: (prelude: Prelude) => void
  #start: Buffer | undefined = Buffer.alloc(0)

  constructor(onPrelude: (prelude: Prelude) => void) {
    super()
    this.#onPrelude = onPrelude
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (!this.#start) return done(null, chunk)
    this.#start = Buffer.concat([this.#start, chunk])
    const end = this.#start.indexOf(DELIMITER)
    if (end === -1) return done()
    this.#onPrelude(JSON.parse(this.#start.subarray(0, end).toString()))
    const body = this.#start.subarray(end + DELIMITER.length)
    this.#start = undefined
    done(null, body)
  }
}

import type { Sink } from './sink.ts'

/** Compresses the responses of one stream. */
export interface Compressor {
  /** Returns a sink that compresses what it is given, and writes it to `sink`. Called once the response's head is written. */
  wrap(sink: Sink): Sink
}

/** Value of the option `compression`: the result of `gzip()` of `@sse/server/gzip`. */
export interface StreamCompression {
  /**
   * Makes the compressor of one stream. Named so that no other object has it and a second copy of this package
   * recognises it.
   */
  readonly '@sse/compression': () => Compressor
}

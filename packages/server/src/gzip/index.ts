/**
 * Compression: the streams of a hub as gzip, each batch of events compressed once for all connections.
 *
 * @see docs/guides/compression.md
 * @module
 */
import { SseError } from '@sse/contract'
import type { StreamCompression } from '../stream/compressor.ts'
import { SharedGzip } from './shared-gzip.ts'

export type { StreamCompression } from '../stream/compressor.ts'

/** Options of `gzip()`. */
export interface GzipOptions {
  /**
   * Returns the group of a channel, any string: events of channels in the same group are compressed together, those of
   * different groups never. `undefined`: the channel's events are sent as they are. Called for each batch of events; must
   * be fast, must return the same each time, and must not throw. Default: each channel is a group.
   */
  group?: (channel: string) => string | undefined
}

/**
 * Makes the value of the option `compression` of `sse(hub, …)` and `sse(runs, …)`: clients that accept gzip get the stream
 * as gzip. Events are compressed once, however many connections get them; a connection has no compressor.
 *
 * The length of compressed text tells something about its content. Do not compress a channel that carries secrets next to
 * text that others can choose.
 *
 * @throws {SseError} `option_invalid`.
 * @see docs/guides/compression.md
 * @example
 * app.use(sse(hub, { authorize, channels: 'prices', compression: gzip() }))
 */
export function gzip(options: GzipOptions = {}): StreamCompression {
  const { group = (channel: string) => channel } = options
  if (typeof group !== 'function') {
    throw new SseError('option_invalid', `gzip: group must be a function, not ${typeof group}`)
  }
  return Object.freeze({ '@sse/compression': () => new SharedGzip(group) })
}

/** Whole frames as bytes that many connections write. Created once, never changed. */
export class SharedFrames {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Channel of all the frames; `undefined` if they are of several. */
  readonly channel: string | undefined
  /** The same bytes as one chunk of an HTTP/1.1 response. Set by the first sink that writes chunks. */
  chunk: Uint8Array | undefined = undefined

  constructor(bytes: Uint8Array<ArrayBuffer>, channel?: string) {
    this.bytes = bytes
    this.channel = channel
  }
}

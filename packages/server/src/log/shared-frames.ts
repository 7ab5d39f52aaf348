/** Whole frames as bytes that many connections write. Created once, never changed. */
export class SharedFrames {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The same bytes as one chunk of an HTTP/1.1 response. Set by the first sink that writes chunks. */
  chunk: Uint8Array | undefined = undefined

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes
  }
}

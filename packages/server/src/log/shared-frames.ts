/** Whole frames as bytes that many connections write: made once, never changed. */
export class SharedFrames {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The same as one chunk of an HTTP/1.1 response; made by the first sink that can write it. */
  chunk: Uint8Array | undefined = undefined

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes
  }
}

import type { Gunzip } from 'node:zlib'

const EVENT = /^event: lead$/gm

/** Counts the events of one HTTP/1.1 response, chunked and maybe compressed. */
export class StreamDecoder {
  readonly #gunzip: Gunzip | undefined
  #received = Buffer.alloc(0)
  #hasHead = false
  #text = ''
  events = 0

  /** @param onEvents - called when events have been counted. */
  constructor(gunzip: Gunzip | undefined, onEvents: () => void) {
    this.#gunzip = gunzip
    gunzip?.on('data', (bytes: Buffer) => {
      this.#count(bytes)
      onEvents()
    })
    this.#onEvents = onEvents
  }

  readonly #onEvents: () => void

  push(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    if (!this.#hasHead) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#hasHead = true
      this.#received = this.#received.subarray(end + 4)
    }
    for (;;) {
      const lineEnd = this.#received.indexOf('\r\n')
      if (lineEnd < 0) return
      const length = Number.parseInt(this.#received.toString('latin1', 0, lineEnd), 16)
      const end = lineEnd + 2 + length
      if (this.#received.byteLength < end + 2) return
      const body = this.#received.subarray(lineEnd + 2, end)
      this.#received = this.#received.subarray(end + 2)
      if (this.#gunzip) this.#gunzip.write(body)
      else {
        this.#count(body)
        this.#onEvents()
      }
    }
  }

  #count(bytes: Buffer): void {
    this.#text += bytes.toString('latin1')
    const end = this.#text.lastIndexOf('\n\n')
    if (end < 0) return
    this.events += this.#text.slice(0, end).match(EVENT)?.length ?? 0
    this.#text = this.#text.slice(end + 2)
  }
}

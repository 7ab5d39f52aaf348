import { Readable } from 'node:stream'

/**
 * A payload without data, for a framework that pipes payloads. It is piped after the framework's hooks have run and the
 * headers are set, which is when a stream takes the response over.
 */
export class TakeoverBody extends Readable {
  readonly #takeOver: () => void

  constructor(takeOver: () => void) {
    super({ read: () => this.push(null) })
    this.#takeOver = takeOver
  }

  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination): Destination {
    this.resume()
    this.#takeOver()
    return destination
  }
}

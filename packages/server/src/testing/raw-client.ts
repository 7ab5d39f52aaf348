import { connect, type Socket } from 'node:net'

/** A client that speaks HTTP/1 by hand. */
export class RawClient {
  readonly socket: Socket
  text = ''
  #wake = () => {}

  constructor(origin: string) {
    this.socket = connect(Number(new URL(origin).port), '127.0.0.1').setEncoding('latin1')
    this.socket.on('data', (chunk) => {
      this.text += chunk
      this.#wake()
    })
    this.socket.on('close', () => this.#wake())
    this.socket.on('error', () => {}) // `close` follows
  }

  /** Waits until `isEnough`, or until the server has closed. */
  async until(isEnough: (text: string) => boolean = () => false): Promise<string> {
    while (!isEnough(this.text) && !this.socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.text
  }
}

/** A request without a body; HTTP/1.0 unless it is told a host. */
export function request(method: string, path: string, version = '1.1'): string {
  return `${method} ${path} HTTP/${version}\r\nhost: a\r\n\r\n`
}

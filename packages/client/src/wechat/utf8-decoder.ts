/** Length of the pieces that text is made from: a function takes a limited number of arguments. */
const PIECE = 8_192
const REPLACEMENT = 0xfffd

/**
 * Decodes UTF-8 piece by piece, as `TextDecoder` with `stream` does: mini-programs have none on every platform. Keeps a
 * byte order mark.
 *
 * @see https://encoding.spec.whatwg.org/#utf-8-decoder
 */
export class Utf8Decoder {
  #codePoint = 0
  /** Number of bytes that the character still needs. */
  #missing = 0
  /** Range of the next byte. */
  #lower = 0x80
  #upper = 0xbf

  /** Returns the text of the bytes so far. Keeps the start of an unfinished character for the next call. */
  decode(bytes: Uint8Array): string {
    let text = ''
    let units: number[] = []
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number
      if (this.#missing === 0) {
        if (byte < 0x80) units.push(byte)
        else if (!this.#begin(byte)) units.push(REPLACEMENT)
      } else if (byte < this.#lower || byte > this.#upper) {
        this.#missing = 0
        units.push(REPLACEMENT)
        at -= 1 // this byte starts the next character
      } else this.#continue(byte, units)
      if (units.length >= PIECE) {
        text += String.fromCharCode(...units)
        units = []
      }
    }
    return text + String.fromCharCode(...units)
  }

  /** Returns `false` for a byte that starts no character. */
  #begin(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    this.#codePoint = byte & (0x3f >> this.#missing)
    // No longer form of a shorter character, no surrogates, nothing above U+10FFFF.
    this.#lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80
    this.#upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf
    return true
  }

  #continue(byte: number, units: number[]): void {
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f)
    this.#lower = 0x80
    this.#upper = 0xbf
    this.#missing -= 1
    if (this.#missing > 0) return
    const above = this.#codePoint - 0x10000
    if (above < 0) units.push(this.#codePoint)
    else units.push(0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff))
  }
}

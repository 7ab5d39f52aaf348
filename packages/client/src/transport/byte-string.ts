/** A header carries bytes: an id beyond Latin-1 goes as its UTF-8, one character a byte, as browsers send it. */
export function toByteString(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

/** Returns the UTF-8 of `text` with one character per byte, as browsers send an id beyond Latin-1 in a header. */
export function toByteString(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

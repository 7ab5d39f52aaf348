/** Returns the UTF-8 of `text` with one character per byte, as browsers send an id beyond Latin-1 in a header. */
export function toByteString(text: string): string {
  // Not by TextEncoder, which mini-programs lack. Half a surrogate pair has no UTF-8.
  return unescape(encodeURIComponent(text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD')))
}

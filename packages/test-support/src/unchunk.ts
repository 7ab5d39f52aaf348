/** Removes the chunk headers of a chunked HTTP/1.1 body. An incomplete last chunk is returned as far as it goes. */
export function unchunk(body: string): string {
  const parts: string[] = []
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.slice(at, lineEnd), 16)
    if (lineEnd === -1 || !(length > 0)) return parts.join('')
    parts.push(body.slice(lineEnd + 2, lineEnd + 2 + length))
    at = lineEnd + 2 + length + 2
  }
}

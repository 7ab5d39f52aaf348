/** A request that a fake server has got. */
export interface SeenRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  /** Of the contract's path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** From the header, else from the query parameter; `undefined`: none, or an empty one. */
  readonly lastEventId: string | undefined
  /** As text; `undefined`: none. */
  readonly body: string | undefined
}

/** What `fetch` is called with, read without the environment's own `Request`: jsdom's signals are foreign to it. */
export interface ReadRequest extends Omit<SeenRequest, 'params'> {
  readonly signal: AbortSignal | undefined
}

export function readUrl(input: RequestInfo | URL): URL {
  const page = (globalThis as { location?: { href: string } }).location?.href
  return new URL(isRequest(input) ? input.url : String(input), page)
}

export async function readRequest(input: RequestInfo | URL, init: RequestInit = {}): Promise<ReadRequest> {
  const request = isRequest(input) ? input : undefined
  const headers = new Headers(init.headers ?? request?.headers)
  const url = readUrl(input)
  const header = headers.get('last-event-id')
  const lastEventId = header === null ? url.searchParams.get('lastEventId') : decodeUtf8(header)
  const body = init.body ?? request?.body
  return {
    url,
    headers,
    method: init.method ?? request?.method ?? 'GET',
    lastEventId: lastEventId || undefined,
    body: body ? await new Response(body).text() : undefined,
    signal: init.signal ?? request?.signal,
  }
}

function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === 'object' && 'url' in input
}

/** A header carries an id as its UTF-8, one character a byte. */
function decodeUtf8(text: string): string {
  if (/[^\0-\xff]/.test(text)) return text
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)))
}

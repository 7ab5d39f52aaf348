/** Request that a fake server received. */
export interface SeenRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  /** Parameters of the contract's path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Last event id from the header or the query parameter; `undefined` if it is missing or empty. */
  readonly lastEventId: string | undefined
  /** Body as text; `undefined` if there is none. */
  readonly body: string | undefined
}

/** Arguments of `fetch`, read without the environment's `Request`, which rejects the signals of jsdom. */
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

/** A header carries an id as UTF-8, one character per byte. */
function decodeUtf8(text: string): string {
  if (/[^\0-\xff]/.test(text)) return text
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)))
}

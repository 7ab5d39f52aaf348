import { type Check, type Finding, ok, problem, warning } from '../check.ts'
import { isEventStream, type Observations, type ResponseHead } from '../observations.ts'

const headOf = ({ main, headAnswer }: Observations): ResponseHead | undefined => main?.head ?? headAnswer

const REFUSALS: Record<number, string> = {
  204: 'The server has nothing more to send, and browsers stop. Choose a URL whose stream has not ended.',
  401: "Sign in: -H 'authorization: Bearer …', or -H 'cookie: …'.",
  403: 'Use credentials that may read this stream.',
  404: 'Check the path, and the prefix that the router is mounted at.',
  405: 'This URL takes another method. The doctor only sends GET, as EventSource does.',
  406: 'This URL offers no text/event-stream. Check the path.',
  429: 'Wait, or use fewer connections.',
  502: 'The proxy in front of the server cannot reach it. Check that the server runs.',
  503: 'The server is full or restarts. Try again.',
  504: 'The proxy in front of the server gave up waiting. Send headers at once, and raise its timeout.',
}

const status: Check = {
  id: 'status',
  title: 'Status',
  meaning:
    "The answer is 200. A browser's EventSource stops for good after any other status, and does not say why.",
  fix: 'Answer 200, or sign in with `-H`.',
  docs: 'docs/reference/errors.md',
  judge(seen) {
    const head = headOf(seen)
    if (!head) return undefined
    if (head.status === 200) return ok('200')
    const after = head.headers['retry-after']
    const message = after === undefined ? String(head.status) : `${head.status}, retry-after: ${after}`
    return problem(`${message}${reasonOf(seen.page)}`, REFUSALS[head.status])
  },
}

/** Text of a short JSON answer. A page of HTML says nothing in one line. */
function reasonOf(page: string | undefined): string {
  return page !== undefined && /^\s*[{["]/.test(page) && page.length <= 300 ? `: ${page.trim()}` : ''
}

const contentType: Check = {
  id: 'content-type',
  title: 'Content type',
  meaning: 'The content type is `text/event-stream`, which clients require.',
  fix: 'Set `content-type: text/event-stream` before the first byte.',
  docs: 'docs/reference/protocol.md#response',
  judge(seen) {
    const head = headOf(seen)
    if (head?.status !== 200) return undefined
    const type = head.headers['content-type']
    if (isEventStream(head)) return ok(type ?? '')
    if (type === undefined) return problem('There is none')
    const isPage = /html/i.test(type)
    return problem(
      type,
      isPage
        ? 'Check the path: a page of HTML is often a sign-in page, or that of a single-page app for a path it does not know.'
        : undefined,
    )
  },
}

const encoding: Check = {
  id: 'encoding',
  title: 'Character encoding',
  meaning: 'The text is UTF-8, the only encoding of the format, and has no byte order mark.',
  fix: 'Encode as UTF-8 without a byte order mark, and set `charset=utf-8` or no charset.',
  docs: 'docs/reference/protocol.md#frames',
  judge({ main }) {
    if (!main?.stream) return undefined
    const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(main.head.headers['content-type'] ?? '')?.[1]
    if (main.stream.hasInvalidUtf8)
      return problem('Bytes arrived that are not UTF-8: clients show \ufffd instead')
    if (charset !== undefined && !/^utf-?8$/i.test(charset))
      return warning(`The header says ${charset}, but clients read UTF-8 whatever it says`)
    if (main.stream.hasBom)
      return warning(
        'The stream starts with a byte order mark: hand-written readers take it for a part of the first field',
      )
    return main.stream.bytes > 0 ? ok('UTF-8') : undefined
  },
}

const framing: Check = {
  id: 'framing',
  title: 'End of the response',
  meaning:
    'A stream has no `content-length`, which would end it early or mean that it was collected first, and does not ask to close the connection.',
  fix: 'Do not set `content-length` on a stream. Leave `connection` to the server.',
  docs: 'docs/reference/protocol.md#response',
  judge({ main }) {
    if (!main?.stream) return undefined
    const { 'content-length': length, connection } = main.head.headers
    if (length !== undefined)
      return problem(
        `content-length: ${length}: something collected the response before it sent it, or will cut it off`,
      )
    if (/\bclose\b/i.test(connection ?? ''))
      return warning('connection: close: each reconnect needs a new connection, and TLS handshake')
    return ok('Open until the server ends it')
  },
}

const caching: Check = {
  id: 'caching',
  title: 'Caching',
  meaning:
    'No cache stores the stream: it would give one client what was meant for another, or a stream that is over.',
  fix: 'Set `cache-control: no-cache, no-transform`, or `no-store`. Take the path out of the cache.',
  docs: 'docs/guides/proxies.md',
  judge(seen) {
    // The answer to HEAD may have other headers.
    const head = seen.main?.head
    if (!head || !isEventStream(head)) return undefined
    const { headers } = head
    const hit = findHit(head) ?? findHit(seen.compressed?.head) ?? findHit(seen.resume?.exchange?.head)
    if (hit !== undefined) return problem(`The answer came from a cache: ${hit}`)
    const control = headers['cache-control']
    if (control === undefined) return warning('There is no cache-control: a cache may store the stream')
    if (/\b(no-store|no-cache|private)\b/i.test(control))
      return judgeValidators(headers) ?? ok(`cache-control: ${control}`)
    const allows = /\b(public|immutable|(s-maxage|max-age)\s*=\s*"?[1-9])/i.test(control)
    return allows
      ? problem(`cache-control: ${control}: caches may store the stream`)
      : warning(`cache-control: ${control}`)
  },
}

/** An `ETag` is computed over the whole response, by something that must have collected it. */
function judgeValidators(headers: ResponseHead['headers']): Finding | undefined {
  const name = ['etag', 'last-modified', 'content-md5', 'digest'].find((each) => headers[each] !== undefined)
  return name === undefined
    ? undefined
    : warning(
        `The stream has the header ${name}: a middleware treats it as a file`,
        `Mount the stream before the middleware that sets ${name}, or exclude its path.`,
      )
}

function findHit(head: ResponseHead | undefined): string | undefined {
  if (!head) return undefined
  const { headers } = head
  const { age, 'x-varnish': varnish } = headers
  // A cache that collects a response before it sends it counts that time too.
  if (age !== undefined && Number(age) > head.headersMs / 1_000 + 1) return `age: ${age}`
  // The second number is the request that stored it.
  if (varnish !== undefined && /^\d+ \d+$/.test(varnish)) return `x-varnish: ${varnish}`
  const name = ['cf-cache-status', 'x-cache', 'x-cache-status', 'x-proxy-cache'].find((each) =>
    /\bhit\b/i.test(headers[each] ?? ''),
  )
  return name && `${name}: ${headers[name]}`
}

const transform: Check = {
  id: 'no-transform',
  title: 'no-transform',
  meaning: '`no-transform` asks compressors and content networks on the way to leave the stream as it is.',
  fix: 'Set `cache-control: no-cache, no-transform`.',
  docs: 'docs/operations/in-your-stack.md#buffers-and-compression',
  judge(seen) {
    const head = seen.main?.head
    if (!head || !isEventStream(head)) return undefined
    if (/\bno-transform\b/i.test(head.headers['cache-control'] ?? '')) return ok('Set')
    return warning('cache-control has no no-transform: a compressor on the way may hold events back')
  },
}

const accelBuffering: Check = {
  id: 'accel-buffering',
  title: 'X-Accel-Buffering',
  meaning:
    '`X-Accel-Buffering: no` makes nginx, and hosts built on it, pass events on at once, whatever their configuration.',
  fix: 'Set `x-accel-buffering: no`. nginx: `proxy_buffering off;` has the same effect.',
  docs: 'docs/guides/proxies.md#nginx',
  judge(seen) {
    const head = seen.main?.head
    if (!head || !isEventStream(head)) return undefined
    const value = head.headers['x-accel-buffering']
    if (value?.trim().toLowerCase() === 'no') return ok('no')
    if (value !== undefined) return problem(`x-accel-buffering: ${value}: nginx collects events`)
    // It is an instruction for nginx, which does not pass it on.
    if (/nginx|openresty/i.test(head.headers.server ?? ''))
      return ok('Not passed on by nginx, which answered')
    return warning('Not set: with nginx in front, events wait until its buffer is full')
  },
}

export const RESPONSE_CHECKS: readonly Check[] = [
  status,
  contentType,
  encoding,
  framing,
  caching,
  transform,
  accelBuffering,
]

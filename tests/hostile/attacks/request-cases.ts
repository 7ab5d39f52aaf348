import { encodeRequest } from '../raw-socket.ts'

/** A request, and its possible answers: a final status; `undefined`: the socket is closed without one. */
export type RequestCase = readonly [
  name: string,
  bytes: string | Buffer,
  statuses: readonly (number | undefined)[],
]

const TARGET = '/beats/odd'
export const get = (headers: Record<string, string> = {}, target = TARGET) => encodeRequest(target, headers)
const method = (name: string, headers: Record<string, string> = {}) =>
  encodeRequest(TARGET, headers, { method: name })
const version = (name: string) => encodeRequest(TARGET, {}, { version: name })
const bytes = (latin1: string) => Buffer.from(latin1, 'latin1')

/** Statuses with which a method may be refused, or its stream sent. */
const ANY_METHOD = [200, 204, 400, 404, 405, 501]

/** Every part of a request that can be wrong, one request each. */
export const cases: readonly RequestCase[] = [
  ['an ordinary GET', get(), [200]],
  // Last event ids.
  ['an empty last event id', get({ 'last-event-id': '' }), [200]],
  ['a last event id that is no id', get({ 'last-event-id': 'nonsense' }), [200]],
  ['the id of the end', get({ 'last-event-id': 'sse.end' }), [204]],
  ['a last event id of 1,024 characters', get({ 'last-event-id': 'x'.repeat(1_024) }), [200]],
  ['a last event id of 1,025 characters', get({ 'last-event-id': 'x'.repeat(1_025) }), [400]],
  ['a last event id of 15,000 characters', get({ 'last-event-id': 'x'.repeat(15_000) }), [400]],
  ['a last event id of 100,000 characters', get({ 'last-event-id': 'x'.repeat(100_000) }), [431, undefined]],
  ['a last event id with a huge position', get({ 'last-event-id': 'abc-zzzzzzzzzzz' }), [200]],
  ['a last event id with a negative position', get({ 'last-event-id': 'abc--1' }), [200]],
  ['a last event id with a name of the prototype', get({ 'last-event-id': '__proto__-1' }), [200]],
  ['a last event id that is no UTF-8', bytes(get({ 'last-event-id': '\xff\xfe\xc0\x80' })), [200]],
  ['a last event id with half a surrogate pair', bytes(get({ 'last-event-id': '\xed\xa0\x80' })), [200]],
  ['a last event id with a tab', get({ 'last-event-id': 'a\tb' }), [200]],
  ['a last event id with a bare CR', get({ 'last-event-id': 'a\rb' }), [400, undefined]],
  ['a last event id with a bare LF', get({ 'last-event-id': 'a\nx: b' }), [200, 400, undefined]],
  ['a last event id with NUL', get({ 'last-event-id': 'a\0b' }), [400, undefined]],
  ['a last event id on a folded line', get({ 'last-event-id': 'a\r\n b' }), [200, 400, undefined]],
  ['a last event id that splits the head', get({ 'last-event-id': 'a\r\nset-cookie: x' }), [200]],
  ['two last event ids', get({ 'last-event-id': 'a', 'Last-Event-ID': 'b' }), [200, 400]],
  ['a last event id with a line end in the query', get({}, `${TARGET}?lastEventId=%0d%0adata:%20x`), [400]],
  ['a last event id with NUL in the query', get({}, `${TARGET}?lastEventId=%00`), [400]],
  ['a last event id that is no UTF-8 in the query', get({}, `${TARGET}?lastEventId=%ff%fe`), [200]],
  ['an incomplete escape in the query', get({}, `${TARGET}?lastEventId=%`), [200]],
  ['a thousand last event ids in the query', get({}, `${TARGET}?${'lastEventId=a&'.repeat(1_000)}`), [200]],
  // Targets.
  ['an absolute target', get({}, `http://example.org${TARGET}`), [200]],
  ['an absolute target with a user', get({}, `http://a:b@example.org${TARGET}`), [200]],
  ['an absolute target of another scheme', get({}, `ftp://example.org${TARGET}`), [200, 400, 404]],
  ['an absolute target whose host is none', get({}, `http://[::${TARGET}`), [200, 400, 404]],
  ['a target with two slashes', get({}, `//example.org${TARGET}`), [200, 404]],
  ['a target with an asterisk', get({}, '*'), [400, 404]],
  ['a target without a slash', get({}, 'beats/odd'), [400, 404, undefined]],
  ['a target with dots', get({}, `/x/../..${TARGET}`), [200, 404]],
  ['a target with an incomplete escape', get({}, '/beats/%'), [400, 404]],
  ['a target with an escape that is no UTF-8', get({}, '/beats/%ff'), [400, 404]],
  ['a target with an escaped slash', get({}, '/beats/%2f'), [200, 400, 404]],
  ['a parameter with an escaped line end', get({}, '/beats/a%0d%0ab'), [400, 404]],
  ['a parameter with NUL', get({}, '/beats/%00'), [400, 404]],
  ['a parameter of 300 characters', get({}, `/beats/${'x'.repeat(300)}`), [400, 404]],
  ['an empty parameter', get({}, '/beats/'), [400, 404]],
  ['a target of 15,000 characters', get({}, `${TARGET}?${'x'.repeat(15_000)}`), [200]],
  ['a target of 64 KB', get({}, `${TARGET}?${'x'.repeat(65_536)}`), [414, 431, undefined]],
  ['a target of 100,000 characters', get({}, `${TARGET}?${'x'.repeat(100_000)}`), [414, 431, undefined]],
  ['a target with a fragment', get({}, `${TARGET}#x`), [200, 400]],
  ['a target with bytes that are no ASCII', bytes(get({}, '/beats/\xff\xfe')), [200, 400, 404]],
  // Methods.
  ['HEAD', method('HEAD'), [200]],
  ...['OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PATCH', 'POST', 'PROPFIND', 'M-SEARCH', 'QUERY'].map(
    (name): RequestCase => [name, method(name, { 'content-length': '0' }), [...ANY_METHOD, undefined]],
  ),
  ['CONNECT', method('CONNECT'), [400, 404, 405, undefined]],
  ['a method that is none', method('BREW'), [400, undefined]],
  ['a method in small letters', method('get'), [400, undefined]],
  ['an empty method', method(''), [400, undefined]],
  // Bodies.
  ['a GET with a body', `${get({ 'content-length': '5' })}hello`, [200, 400]],
  ['a GET with a body that never comes', get({ 'content-length': '1000000' }), [200, 400]],
  [
    'a GET with a body in chunks',
    `${get({ 'transfer-encoding': 'chunked' })}5\r\nhello\r\n0\r\n\r\n`,
    [200, 400],
  ],
  [
    'a GET with chunks that are none',
    `${get({ 'transfer-encoding': 'chunked' })}zz\r\n`,
    [200, 400, undefined],
  ],
  ['two lengths of a body', get({ 'content-length': '5', 'Content-Length': '6' }), [400, undefined]],
  ['a length and chunks', get({ 'content-length': '5', 'transfer-encoding': 'chunked' }), [400, undefined]],
  [
    'a body shorter than its length, and another request',
    `${get({ 'content-length': '20' })}abc${get()}`,
    [200, 400],
  ],
  [
    'a body longer than its length, which is a request',
    `${get({ 'content-length': '0' })}${get({ 'last-event-id': 'sse.end' })}`,
    [200],
  ],
  ...[
    'chunked, identity',
    'identity',
    'xchunked',
    'chunked, chunked',
    ' chunked',
    'chunked\t',
    'gzip, chunked',
    'CHUNKED',
    '"chunked"',
    '',
  ].map(
    (coding): RequestCase => [
      `the transfer coding ${JSON.stringify(coding)}`,
      `${get({ 'transfer-encoding': coding })}0\r\n\r\n`,
      [200, 400, 501, undefined],
    ],
  ),
  [
    'chunks with extensions and trailers',
    `${get({ 'transfer-encoding': 'chunked', trailer: 'last-event-id' })}5;a=b\r\nhello\r\n0\r\nlast-event-id: sse.end\r\n\r\n`,
    [200, 400],
  ],
  [
    'a chunk whose size is too large for any number',
    `${get({ 'transfer-encoding': 'chunked' })}ffffffffffffffffff\r\n`,
    [200, 400, undefined],
  ],
  ['a length with a sign', get({ 'content-length': '+5' }), [200, 400, undefined]],
  ['a length too large for any number', get({ 'content-length': '9'.repeat(40) }), [200, 400, undefined]],
  ['a length that is no number', get({ 'content-length': '-1' }), [400, undefined]],
  // Headers.
  ['Expect: 100-continue', get({ expect: '100-continue' }), [200]],
  [
    'Expect: 100-continue of HTTP/1.0',
    encodeRequest(TARGET, { expect: '100-continue' }, { version: 'HTTP/1.0' }),
    [200],
  ],
  ['a thousand values of one header', get({ 'x-many': `a${', a'.repeat(1_000)}` }), [200]],
  ['a header with NUL', get({ 'x-nul': 'a\0b' }), [400, undefined]],
  ['a header with a bare CR', get({ 'x-cr': 'a\rb' }), [400, undefined]],
  ['a cookie that is no UTF-8', bytes(get({ cookie: '\xff=\xfe' })), [200]],
  ['another expectation', get({ expect: 'coffee' }), [200, 417]],
  ['Upgrade: websocket', get({ connection: 'upgrade', upgrade: 'websocket' }), [200, 400, undefined]],
  [
    'Upgrade: h2c',
    get({ connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' }),
    [200, 400, undefined],
  ],
  ['Connection: close', get({ connection: 'close' }), [200]],
  [
    'a connection header that names the last event id',
    get({ connection: 'last-event-id', 'last-event-id': 'x' }),
    [200],
  ],
  [
    'a thousand headers',
    get(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-${index}`, 'y']))),
    [200, 431],
  ],
  ['a header of 15,000 characters', get({ 'x-long': 'x'.repeat(15_000) }), [200]],
  ['a header without a name', get({ '': 'x' }), [400, undefined]],
  ['a header with a space in its name', get({ 'a b': 'x' }), [400, undefined]],
  ['a header named __proto__', get({ __proto__x: 'x', constructor: 'y' }), [200]],
  ['an Accept header for JSON alone', get({ accept: 'application/json' }), [200, 406]],
  ['an Accept-Encoding that takes nothing', get({ 'accept-encoding': 'identity;q=0, *;q=0' }), [200, 406]],
  ['a range', get({ range: 'bytes=0-10' }), [200]],
  ['a condition', get({ 'if-none-match': '*' }), [200]],
  ['no host', `GET ${TARGET} HTTP/1.1\r\n\r\n`, [400]],
  ['a host that is none', get({ host: '][' }), [200, 400]],
  ['a host of 10,000 characters', get({ host: 'h'.repeat(10_000) }), [200, 400]],
  ['a host with a path', get({ host: 'a/b?c#d' }), [200, 400]],
  ['an empty host', get({ host: '' }), [200, 400]],
  ['two hosts', get({ Host: 'other' }), [200, 400]],
  // Versions.
  ['HTTP/1.0', version('HTTP/1.0'), [200]],
  [
    'HTTP/1.0 kept alive',
    encodeRequest(TARGET, { connection: 'keep-alive' }, { version: 'HTTP/1.0' }),
    [200],
  ],
  ['HTTP/0.9', version('HTTP/0.9'), [200, 400, 505, undefined]],
  ['HTTP/2.0 in a line', version('HTTP/2.0'), [200, 400, 505, undefined]],
  ['HTTP/9.9', version('HTTP/9.9'), [400, 505, undefined]],
  ['line ends without CR', get().replaceAll('\r\n', '\n'), [200, 400, undefined]],
  ['empty lines before the request', `\r\n\r\n${get()}`, [200, 400]],
]

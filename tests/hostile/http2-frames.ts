export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const
export const FLAG = { none: 0, endStream: 0x1, endHeaders: 0x4 } as const
const SETTING = { maxConcurrentStreams: 3, initialWindowSize: 4 } as const
const MAX_WINDOW = 2 ** 31 - 1
/** Of the static table of HPACK: `:method: GET`, `:scheme: http`. */
const GET_OVER_HTTP = Buffer.from([0x82, 0x86])
const LITERAL = { authority: 1, path: 4, named: 0 } as const

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
export function encodeFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const encodeNumber = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Without Huffman coding. */
function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}

/** Encodes the headers of a GET, as given: nothing is checked. */
export function encodeHeaders(path: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  return Buffer.concat([
    GET_OVER_HTTP,
    Buffer.from([LITERAL.authority]),
    encodeText('localhost'),
    Buffer.from([LITERAL.path]),
    encodeText(path),
    ...Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([LITERAL.named]),
      encodeText(name),
      encodeText(value),
    ]),
  ])
}

/** Encodes one whole request without a body. */
export const encodeGet = (
  stream: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Buffer =>
  encodeFrame(FRAME.headers, FLAG.endStream | FLAG.endHeaders, stream, encodeHeaders(path, headers))

function encodeSetting(id: number, value: number): Buffer {
  const setting = Buffer.alloc(6)
  setting.writeUInt16BE(id, 0)
  setting.writeUInt32BE(value, 2)
  return setting
}

/** Encodes the beginning of a connection. */
export const encodePreface = (...settings: Buffer[]): Buffer =>
  Buffer.concat([PREFACE, encodeFrame(FRAME.settings, FLAG.none, 0, Buffer.concat(settings))])

/**
 * Encodes everything that a client writes to open streams with the widest window, in one piece: for sockets that
 * then read nothing, which Node's own client cannot do.
 */
export function encodeHttp2Gets(paths: readonly string[], lastEventId: string): Buffer {
  return Buffer.concat([
    encodePreface(
      encodeSetting(SETTING.maxConcurrentStreams, paths.length),
      encodeSetting(SETTING.initialWindowSize, MAX_WINDOW),
    ),
    encodeFrame(FRAME.windowUpdate, FLAG.none, 0, encodeNumber(MAX_WINDOW - 65_535)),
    ...paths.map((path, index) => encodeGet(2 * index + 1, path, { 'last-event-id': lastEventId })),
  ])
}

/** Encodes settings that close every window of a connection that is open, and others that open them again. */
export const encodeWindowSetting = (size: number): Buffer =>
  encodeFrame(FRAME.settings, FLAG.none, 0, encodeSetting(SETTING.initialWindowSize, size))

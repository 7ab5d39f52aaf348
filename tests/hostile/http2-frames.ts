const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const FRAME = { headers: 1, settings: 4, windowUpdate: 8 } as const
const SETTING = { maxConcurrentStreams: 3, initialWindowSize: 4 } as const
const END_STREAM_AND_HEADERS = 0x5
const MAX_WINDOW = 2 ** 31 - 1
/** Of the static table of HPACK: `:method: GET`, `:scheme: http`. */
const GET_OVER_HTTP = Buffer.from([0x82, 0x86])
const LITERAL = { authority: 1, path: 4, named: 0 } as const

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
function encodeFrame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Up to 126 characters, without Huffman coding. */
const encodeText = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])

function encodeHeaders(path: string, lastEventId: string): Buffer {
  return Buffer.concat([
    GET_OVER_HTTP,
    Buffer.from([LITERAL.authority]),
    encodeText('localhost'),
    Buffer.from([LITERAL.path]),
    encodeText(path),
    Buffer.from([LITERAL.named]),
    encodeText('last-event-id'),
    encodeText(lastEventId),
  ])
}

function encodeSetting(id: number, value: number): Buffer {
  const setting = Buffer.alloc(6)
  setting.writeUInt16BE(id, 0)
  setting.writeUInt32BE(value, 2)
  return setting
}

/**
 * Encodes everything that a client writes to open streams with the widest window, in one piece: for sockets that
 * then read nothing, which Node's own client cannot do.
 */
export function encodeHttp2Gets(paths: readonly string[], lastEventId: string): Buffer {
  const settings = [
    encodeSetting(SETTING.maxConcurrentStreams, paths.length),
    encodeSetting(SETTING.initialWindowSize, MAX_WINDOW),
  ]
  const increment = Buffer.alloc(4)
  increment.writeUInt32BE(MAX_WINDOW - 65_535)
  return Buffer.concat([
    PREFACE,
    encodeFrame(FRAME.settings, 0, 0, Buffer.concat(settings)),
    encodeFrame(FRAME.windowUpdate, 0, 0, increment),
    ...paths.map((path, index) =>
      encodeFrame(FRAME.headers, END_STREAM_AND_HEADERS, 2 * index + 1, encodeHeaders(path, lastEventId)),
    ),
  ])
}

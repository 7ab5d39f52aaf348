import { connect, type Socket } from 'node:net'

export interface RawSocketOptions {
  /** Whether what the server sends is read. Default `true`. */
  isReading?: boolean
  /** Bytes read at a time. Default: as many as there are. */
  readBytes?: number
}

/** Opens a socket that never throws: a server may reset it at any time. */
export async function openSocket(port: number, options: RawSocketOptions = {}): Promise<Socket> {
  const { isReading = true, readBytes } = options
  const onread = readBytes && { buffer: Buffer.alloc(readBytes), callback: () => false }
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...(onread && { onread }) })
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()))
  if (isReading) socket.resume()
  return socket
}

/** Writes to every socket what `encode` makes for its index. */
export function writeEach(sockets: readonly Socket[], encode: (index: number) => string): void {
  for (const [index, socket] of sockets.entries()) socket.write(encode(index))
}

/** Encodes a request's head as it is given: nothing is checked. */
export function encodeRequest(
  target: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', version = 'HTTP/1.1' } = {},
): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return `${[`${method} ${target} ${version}`, ...lines].join('\r\n')}\r\n\r\n`
}

/** Encodes requests of `owners` for the stream, one behind the other, each with the same last event id. */
export function encodeGets(owners: readonly string[], lastEventId?: string): string {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  return owners.map((owner) => encodeRequest(`/beats/${owner}`, headers)).join('')
}

/** What a raw request is answered with: the status of each response's head, `closed`, or `nothing`. */
export interface RawAnswer {
  readonly statuses: readonly number[]
  readonly end: 'open' | 'closed'
  readonly text: string
}

/** Sends bytes and resolves when a final status or the socket's end came, or after `timeoutMs`. */
export async function exchange(port: number, bytes: string | Buffer, timeoutMs = 2_000): Promise<RawAnswer> {
  const socket = await openSocket(port, { isReading: false })
  let text = ''
  let end: RawAnswer['end'] = 'open'
  const statuses = () => [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status))
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    const settle = () => {
      clearTimeout(timer)
      resolve()
    }
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk
      if (statuses().some((status) => status >= 200)) settle()
    })
    socket.once('end', () => socket.end())
    socket.once('close', () => {
      end = 'closed'
      settle()
    })
    socket.write(bytes)
  })
  socket.destroy()
  return { statuses: statuses(), end, text }
}

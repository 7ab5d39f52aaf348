/** All clients of a row, in one process. Some decode what they get; all others get as many bytes. */
import { connect } from 'node:net'
import { createGunzip } from 'node:zlib'
import type { ReaderAnswer, ReaderOrder } from './messages.ts'
import { StreamDecoder } from './stream-decoder.ts'

/** Connections that decode, where all get the same events. */
const SAMPLES = 3

interface Reader {
  bytes: number
  /** `undefined`: it does not decode. */
  decoder: StreamDecoder | undefined
}

const readers: Reader[] = []
let expected = Number.POSITIVE_INFINITY
let isChecking = false

process.on('message', async (order: ReaderOrder) => {
  if (order.type === 'open') {
    const { connections, channels } = order
    const count = channels === 1 ? SAMPLES : connections
    await Promise.all(Array.from({ length: connections }, (_, index) => open(index, index < count, order)))
    return say({ type: 'opened' })
  }
  expected = order.events
  report()
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

/** Resolves when the first bytes have come. */
function open(
  index: number,
  isSample: boolean,
  { port, isGzip, channels }: Extract<ReaderOrder, { type: 'open' }>,
): Promise<void> {
  const decoder = isSample ? new StreamDecoder(isGzip ? createGunzip() : undefined, report) : undefined
  const reader: Reader = { bytes: 0, decoder }
  readers.push(reader)
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const accept = isGzip ? 'accept-encoding: gzip\r\n' : ''
    socket.write(`GET /leads/${index % channels} HTTP/1.1\r\nhost: localhost\r\n${accept}\r\n`)
    socket.on('data', (bytes) => {
      resolve()
      reader.bytes += bytes.byteLength
      decoder?.push(bytes)
      if (!decoder) report()
    })
    socket.on('error', reject)
  })
}

/** Checks once a turn: thousands of connections read in each. */
function report(): void {
  if (isChecking) return
  isChecking = true
  setImmediate(() => {
    isChecking = false
    check()
  })
}

/** Says so when every connection has had everything. */
function check(): void {
  if (expected === Number.POSITIVE_INFINITY) return
  if (readers.some(({ decoder }) => decoder && decoder.events < expected)) return
  const [sample] = readers
  if (!sample || readers.some(({ decoder, bytes }) => !decoder && bytes !== sample.bytes)) return
  expected = Number.POSITIVE_INFINITY
  say({ type: 'seen', bytes: readers.reduce((sum, { bytes }) => sum + bytes, 0) })
}

function say(answer: ReaderAnswer): void {
  process.send?.(answer)
}

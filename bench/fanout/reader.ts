/** All clients of a row, in one process: raw sockets, and a scan for one byte per event. */
import { connect, type Socket } from 'node:net'
import { Sample } from './decode.ts'
import type { Opening, ReaderAnswer, ReaderOrder } from './messages.ts'
import { MARK } from './tick.ts'

const SSE_REQUEST = 'GET /ticks HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n'
const WEBSOCKET_REQUEST = `GET /ticks HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r
sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n`
const MARK_BYTE = MARK.charCodeAt(0)
const READ_BUFFER_BYTES = 262_144
/** How many connect at the same time. */
const CONNECTING = 1000
/** ConnectionLimiter of which every byte is kept, until it is verified. */
const SAMPLES = 3
const PORTS_PER_ADDRESS = 20_000
/** After a last event's mark, so that the rest of its frame, or an event too many, can come. */
const TAIL_MS = 30

// One buffer for all: what is read is counted at once and never kept.
const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES)
const events: number[] = []
const samples: Sample[] = []
let connections = 0
/** Events that the samples had when they were last verified, and the number of the next. */
let checked = 0
let verified = 0
let protocol: 'sse' | 'websocket' = 'sse'
let isOpen = false
let total = 0
let bytes = 0
let reads = 0
let expected = Number.POSITIVE_INFINITY
let broken: string | undefined

process.on('message', (order: ReaderOrder) => {
  switch (order.type) {
    case 'open':
      return void open(order)
    case 'expect':
      expected = order.events
      return report()
    case 'reads':
      return say({ type: 'reads', reads })
    case 'verify':
      return void setTimeout(() => verify(order.payloadBytes), TAIL_MS)
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

async function open(opening: Opening): Promise<void> {
  connections = opening.connections
  protocol = opening.protocol
  if (opening.resume) verified = opening.resume.first
  const openNext = async () => {
    while (events.length < connections) await openOne(opening, events.push(0) - 1)
  }
  await Promise.all(Array.from({ length: CONNECTING }, openNext))
  isOpen = true
  say({ type: 'opened' })
}

/** Resolves when the first bytes have come: the server has begun to answer. */
function openOne({ port, resume }: Opening, index: number): Promise<void> {
  return new Promise((resolve) => {
    const sample = index < SAMPLES ? new Sample(protocol) : undefined
    if (sample) samples.push(sample)
    const callback = (length: number) => {
      resolve()
      const read = buffer.subarray(0, length)
      sample?.push(Buffer.from(read))
      const marks = countMarks(read)
      bytes += length
      reads += 1
      events[index] = (events[index] as number) + marks
      total += marks
      if (marks > 0) report()
      return true
    }
    // The range of local ports ends below 30,000: further connections come from further addresses of this host.
    const address = Math.floor(index / PORTS_PER_ADDRESS)
    const from = address > 0 && { localAddress: `127.0.0.${1 + address}` }
    const socket: Socket = connect({ port, host: '127.0.0.1', ...from, onread: { buffer, callback } })
    const request = protocol === 'sse' ? SSE_REQUEST : WEBSOCKET_REQUEST
    const lastEventId = resume ? `last-event-id: ${resume.lastEventId}\r\n` : ''
    socket.on('connect', () => socket.write(`${request}${lastEventId}\r\n`))
    socket.on('error', (error) => fail(`connection ${index}: ${error.message}`))
    socket.on('close', () => fail(`connection ${index} ended early`))
  })
}

function fail(problem: string): void {
  if (!isOpen) throw new Error(problem) // such as too few open files
  broken ??= problem
  report()
}

/** Says so when everyone has had everything. */
function report(): void {
  if (total < expected * connections && !broken) return
  if (expected === Number.POSITIVE_INFINITY) return
  const wrong = events.findIndex((each) => each !== expected)
  const problem =
    broken ?? (wrong >= 0 ? `connection ${wrong} has ${events[wrong]} of ${expected}` : undefined)
  expected = Number.POSITIVE_INFINITY
  say({ type: 'seen', bytes, ...(problem && { problem }) })
}

/** Reads what the samples have got so far as a client would; what they get from now on is the next to verify. */
function verify(payloadBytes: number): void {
  const expectedNow = (events[0] as number) - checked
  for (const sample of samples) {
    const problem = sample.findProblem({ first: verified, events: expectedNow, payloadBytes })
    if (problem) return say({ type: 'verified', problem })
  }
  checked += expectedNow
  verified += expectedNow
  say({ type: 'verified' })
}

function countMarks(read: Buffer): number {
  let marks = 0
  for (let at = read.indexOf(MARK_BYTE); at !== -1; at = read.indexOf(MARK_BYTE, at + 1)) marks++
  return marks
}

function say(answer: ReaderAnswer): void {
  process.send?.(answer)
}

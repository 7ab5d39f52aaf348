/** All clients of `followed-server.ts`: raw sockets that count a byte of each event. */
import { connect } from 'node:net'
import { MARK } from '../fanout/tick.ts'
import type { ReaderAnswer, ReaderOrder } from './messages.ts'

const MARK_BYTE = MARK.charCodeAt(0)
const READ_BUFFER_BYTES = 262_144
/** How many connect at the same time. */
const CONNECTING = 500

const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES)
let opened = 0
let total = 0
let expected = Number.POSITIVE_INFINITY
let problem: string | undefined

process.on('message', (order: ReaderOrder) => {
  if (order.type === 'open') return void open(order)
  expected = order.events
  report()
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

async function open(order: Extract<ReaderOrder, { type: 'open' }>): Promise<void> {
  const openNext = async () => {
    while (opened < order.connections) await openOne(order, opened++)
  }
  await Promise.all(Array.from({ length: CONNECTING }, openNext))
  say({ type: 'opened' })
}

/** Resolves when the first bytes have come: the server has begun to answer. */
function openOne(
  { port, channelsEach }: Extract<ReaderOrder, { type: 'open' }>,
  index: number,
): Promise<void> {
  return new Promise((resolve) => {
    const callback = (length: number) => {
      resolve()
      for (
        let at = buffer.indexOf(MARK_BYTE);
        at !== -1 && at < length;
        at = buffer.indexOf(MARK_BYTE, at + 1)
      ) {
        total += 1
      }
      report()
      return true
    }
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } })
    const path = `/ticks/${index}/${channelsEach}`
    socket.on('connect', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`),
    )
    socket.on('error', (error) => fail(`connection ${index}: ${error.message}`))
    socket.on('close', () => fail(`connection ${index} ended early`))
  })
}

function fail(what: string): void {
  problem ??= what
  report()
}

/** Says so once every event has come. */
function report(): void {
  if (expected === Number.POSITIVE_INFINITY || (total < expected && !problem)) return
  if (total > expected) problem ??= `${total} of ${expected} events came`
  expected = Number.POSITIVE_INFINITY
  say({ type: 'seen', ...(problem && { problem }) })
}

function say(answer: ReaderAnswer): void {
  process.send?.(answer)
}

/** All clients of a run, in one process: raw sockets, and a scan for one byte per event. */
import { connect, type Socket } from 'node:net'
import type { ReaderAnswer, ReaderOrder } from './messages.ts'
import { MARK, type Run } from './ticks.ts'
import { findProblem } from './verify.ts'

const REQUEST = 'GET /ticks HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n'
const MARK_BYTE = MARK.charCodeAt(0)
const READ_BUFFER_BYTES = 262_144
const AFTER_LAST_MS = 50

process.on('message', async ({ port, run, verify }: ReaderOrder) => {
  try {
    const bytes = verify ? await readAndCompare(port, run) : await readAndCount(port, run)
    say({ type: 'read', bytes })
  } catch (error) {
    say({ type: 'read', bytes: 0, problem: String(error) })
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

/** Counts until every connection has had all its events; the bytes that came, with headers and framing. */
async function readAndCount(port: number, run: Run): Promise<number> {
  // One buffer for all: what is read is counted at once and never kept.
  const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES)
  let bytes = 0
  await onEachConnection(run, (resolve, reject) => {
    let events = 0
    const callback = (length: number) => {
      bytes += length
      events += countMarks(buffer.subarray(0, length))
      if (events < run.eventsPerConnection) return true
      socket.destroy()
      if (events === run.eventsPerConnection) resolve()
      else reject(new Error(`${events} events came, ${run.eventsPerConnection} were yielded`))
      return true
    }
    const socket = connect({ port, host: 'localhost', onread: { buffer, callback } })
    ask(socket, reject)
  })
  return bytes
}

/** Keeps everything, and compares each event's payload with the one that was yielded. */
async function readAndCompare(port: number, run: Run): Promise<number> {
  let bytes = 0
  await onEachConnection(run, (resolve, reject) => {
    const chunks: Buffer[] = []
    let events = 0
    const compare = () => {
      socket.destroy()
      const problem = findProblem(Buffer.concat(chunks), run.eventsPerConnection)
      if (problem) reject(new Error(problem))
      else resolve()
    }
    const socket = connect({ port, host: 'localhost' })
    ask(socket, reject)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      bytes += chunk.length
      const before = events
      events += countMarks(chunk)
      const isLast = before < run.eventsPerConnection && events >= run.eventsPerConnection
      // The rest of the last event, or one too many, has a moment to arrive.
      if (isLast) setTimeout(compare, AFTER_LAST_MS)
    })
  })
  return bytes
}

type Reading = (resolve: () => void, reject: (error: Error) => void) => void

async function onEachConnection({ connections }: Run, read: Reading): Promise<void> {
  await Promise.all(Array.from({ length: connections }, () => new Promise<void>(read)))
}

function ask(socket: Socket, reject: (error: Error) => void): void {
  socket.on('connect', () => socket.write(REQUEST))
  socket.on('error', reject)
  // After all has been read, nobody listens to this any more.
  socket.on('close', () => reject(new Error('the connection ended early')))
}

function countMarks(bytes: Buffer): number {
  let marks = 0
  for (let at = bytes.indexOf(MARK_BYTE); at !== -1; at = bytes.indexOf(MARK_BYTE, at + 1)) marks++
  return marks
}

function say(answer: ReaderAnswer): void {
  process.send?.(answer)
}

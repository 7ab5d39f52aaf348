/** All clients, in one process: raw sockets, and a scan for one byte per token. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Plan, ReaderAnswer, ReaderOrder, Reading } from './messages.ts'
import { MARK, now, TIME_MARK } from './tokens.ts'

const MARK_BYTE = MARK.charCodeAt(0)
const TIME_BYTE = TIME_MARK.charCodeAt(0)
const AT_A_TIME = 100
const sockets = new Set<Socket>()
type Resume = Extract<ReaderOrder, { type: 'resume' }>

process.on('message', async (order: ReaderOrder) => {
  if (order.type === 'view') {
    try {
      say({ type: 'seen', lagsMs: await view(order) })
    } catch (error) {
      say({ type: 'seen', lagsMs: [], problem: String(error) })
    }
  } else if (order.type === 'first') {
    const ms: number[] = []
    for (let n = 0; n < order.streams; n++) {
      const { firstMs } = await read({ ...order, stream: `${order.prefix}${n}`, tokens: 1, waitMs: 10_000 })
      ms.push(firstMs)
    }
    say({ type: 'firsts', ms })
  } else if (order.type === 'resume') {
    say({ ...(await read(order)), type: 'resumed' })
  } else {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    say({ type: 'closed' })
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

/** Opens every connection, and resolves once each has every token. */
async function view({ port, plan, viewers }: Extract<ReaderOrder, { type: 'view' }>): Promise<number[]> {
  const lagsMs: number[] = []
  const seen: Promise<void>[] = []
  const paths = Array.from({ length: plan.streams * viewers }, (_, n) => `${plan.prefix}${n % plan.streams}`)
  for (let at = 0; at < paths.length; at += AT_A_TIME) {
    const opening = paths.slice(at, at + AT_A_TIME).map((stream) => {
      const { opened, done } = count(port, stream, plan, lagsMs)
      seen.push(done)
      return opened
    })
    await Promise.all(opening)
  }
  say({ type: 'opened' })
  await Promise.all(seen)
  return lagsMs
}

/** Counts the tokens of one connection. It is open once the first bytes of the response are here. */
function count(port: number, stream: string, { tokensPerStream: tokens, stays }: Plan, lagsMs: number[]) {
  let onOpen = () => {}
  const opened = new Promise<void>((resolve) => {
    onOpen = resolve
  })
  const done = new Promise<void>((resolve, reject) => {
    let marks = 0
    const socket = open(port, stream)
    socket.on('data', (chunk) => {
      onOpen()
      for (let at = chunk.indexOf(MARK_BYTE); at !== -1; at = chunk.indexOf(MARK_BYTE, at + 1)) {
        marks += 1
        if (chunk[at + 1] === TIME_BYTE) lagsMs.push(now() - readTime(chunk, at + 2))
      }
      if (marks < tokens) return
      if (marks > tokens) reject(new Error(`${stream}: ${marks} tokens came, ${tokens} were yielded`))
      if (!stays) end(socket)
      resolve()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`${stream} ended after ${marks} of ${tokens} tokens`)))
  })
  done.catch(() => onOpen())
  return { opened, done }
}

function readTime(chunk: Buffer, from: number): number {
  return Number.parseFloat(chunk.toString('latin1', from, from + 16))
}

/** Reads one response, from the request on, to a token, its end, or until `waitMs` are over. The connection is open before. */
async function read({ port, stream, tokens, waitMs }: Omit<Resume, 'type'>): Promise<Reading> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const startedAt = performance.now()
  const reading: Reading = { status: '', tokens: 0, firstMs: 0 }
  let text = ''
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs)
    const onEnd = () => {
      reading.endedMs = performance.now() - startedAt
      clearTimeout(timer)
      resolve()
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      reading.tokens += countMarks(chunk)
      if (reading.tokens > 0) reading.firstMs ||= performance.now() - startedAt
      const isOver = text.endsWith('0\r\n\r\n')
      if (isOver) onEnd()
      else if (tokens !== undefined && reading.tokens >= tokens) {
        clearTimeout(timer)
        resolve()
      }
    })
    socket.on('error', onEnd)
    socket.on('close', onEnd)
    socket.write(request(stream))
  })
  socket.destroy()
  reading.status = text.slice(0, text.indexOf('\r\n')).replace('HTTP/1.1 ', '')
  reading.end = /event: sse\.end\ndata: (.*)\n/.exec(text)?.[1]
  if (tokens !== undefined && reading.tokens < tokens)
    reading.problem = `${stream}: ${reading.tokens} of ${tokens} tokens`
  return reading
}

function countMarks(chunk: Buffer): number {
  let marks = 0
  for (let at = chunk.indexOf(MARK_BYTE); at !== -1; at = chunk.indexOf(MARK_BYTE, at + 1)) marks += 1
  return marks
}

function open(port: number, stream: string): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  sockets.add(socket)
  socket.on('connect', () => socket.write(request(stream)))
  return socket
}

function end(socket: Socket): void {
  sockets.delete(socket)
  socket.destroy()
}

function request(stream: string): string {
  return `GET /tokens/${stream} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`
}

function say(answer: ReaderAnswer): void {
  process.send?.(answer)
}

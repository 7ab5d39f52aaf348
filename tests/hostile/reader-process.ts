/** Well-behaved clients beside an attack: they measure how late live events are, and count what is missing. */
import { type IncomingMessage, request } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { Readable } from 'node:stream'
import { answerCalls } from './answer-calls.ts'
import { type Beat, clock } from './beats.ts'
import type { ReaderReport, ReaderTarget } from './reader-report.ts'

class Reader {
  readonly name: string
  last = 0
  missing = 0
  doubled = 0
  ends = 0
  /** When each event was due, and how late it was. */
  readonly latencies: { at: number; ms: number }[] = []
  close: () => void = () => {}
  #text = ''

  constructor(name: string) {
    this.name = name
  }

  read(body: Readable): void {
    body.setEncoding('utf8')
    body.on('data', (text: string) => this.#take(text))
    body.on('error', () => {})
    body.on('close', () => {
      this.ends += 1
    })
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split('\n\n')
    this.#text = blocks.pop() as string
    for (const block of blocks) {
      if (!block.includes('\nevent: beat\n')) continue
      const { serial, at }: Beat = JSON.parse(block.slice(block.indexOf('\ndata: ') + '\ndata: '.length))
      this.latencies.push({ at, ms: clock() - at })
      if (serial <= this.last) this.doubled += 1
      else if (this.last > 0) this.missing += serial - this.last - 1
      this.last = Math.max(this.last, serial)
    }
  }
}

let readers: Reader[] = []

async function open({ port, protocol, owner }: ReaderTarget): Promise<Reader> {
  const reader = new Reader(owner)
  const path = `/beats/${owner}`
  if (protocol === 'http1') {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ port, path, host: '127.0.0.1', agent: false }, resolve)
      sent.once('error', reject).end()
      reader.close = () => sent.destroy()
    })
    if (response.statusCode !== 200) throw new Error(`${owner} was answered with ${response.statusCode}`)
    reader.read(response)
  } else {
    const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    reader.close = () => session.destroy()
    const stream = session.request({ ':path': path })
    stream.end()
    reader.read(stream)
    await new Promise<void>((resolve, reject) => {
      stream.once('response', ({ ':status': status }) =>
        status === 200 ? resolve() : reject(new Error(`${owner} was answered with ${status}`)),
      )
    })
  }
  return reader
}

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.POSITIVE_INFINITY

answerCalls({
  /** Leaves the server before, and follows another. */
  async follow(targets: ReaderTarget[]): Promise<void> {
    for (const reader of readers) reader.close()
    readers = await Promise.all(targets.map(open))
  },
  /** Resolves when every reader has the event, or after a while. */
  async reach(serial: number, timeoutMs: number): Promise<void> {
    const deadline = clock() + timeoutMs
    while (readers.some(({ last }) => last < serial) && clock() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  },
  /** Reports on the events that were due from one time to another, by `clock()`. */
  report(from: number, to: number): ReaderReport {
    const latencies = readers
      .flatMap((reader) => reader.latencies)
      .flatMap(({ at, ms }) => (at >= from && at < to ? [ms] : []))
      .sort((a, b) => a - b)
    return {
      count: latencies.length,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: latencies.at(-1) ?? Number.POSITIVE_INFINITY,
      readers: readers.map(({ name, last, missing, doubled, ends }) => ({
        name,
        last,
        missing,
        doubled,
        ends,
      })),
    }
  },
})

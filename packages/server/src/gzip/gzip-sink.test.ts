import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FramesOrigin, SharedFrames } from '../log/shared-frames.ts'
import type { Sink } from '../stream/sink.ts'
import { SharedGzip } from './shared-gzip.ts'

/** Collects the bytes of one response. */
class RecordingSink implements Sink {
  readonly pieces: Uint8Array[] = []
  isEnded = false

  write(data: string | Uint8Array): boolean {
    this.pieces.push(Buffer.from(data as string))
    return true
  }
  writeShared({ bytes }: SharedFrames): boolean {
    this.pieces.push(bytes)
    return true
  }
  end(): void {
    this.isEnded = true
  }
  destroy(): void {}
  afterTurn(): void {}
  closeTransport(): void {}

  get bytes(): Buffer {
    return Buffer.concat(this.pieces)
  }
}

class Client {
  readonly channels: readonly string[]
  readonly recorded = new RecordingSink()
  readonly sink: Sink
  text = ''

  constructor(gzip: SharedGzip, channels: readonly string[]) {
    this.channels = channels
    this.sink = gzip.wrap(this.recorded)
  }

  take(frames: SharedFrames): void {
    this.text += Buffer.from(frames.bytes)
    this.sink.writeShared(frames)
  }

  say(text: string): void {
    this.text += text
    this.sink.write(text)
  }

  /** Bytes of what was written last. */
  get last(): Uint8Array {
    return this.recorded.pieces.at(-1) as Uint8Array
  }
}

const event = (channel: string, text: string) => ({ channel, bytes: new TextEncoder().encode(text) })

function share(events: readonly [channel: string, text: string][], origin: FramesOrigin = 'live') {
  return new SharedFrames(
    events.map(([channel, text]) => event(channel, text)),
    origin,
  )
}

const OWN_GROUPS = (channel: string) => channel
const LEAD = `{"id":"0f61c1ac","name":"Ada","company":"Analytical Engines","note":"call back"}`

describe('gzip responses', () => {
  const channel = fc.constantFrom('a', 'b', 'c')
  const text = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.integer({ min: 0, max: 400 }).map((n) => LEAD.repeat(n / 10) + n),
    fc.constant('x'.repeat(20_000)),
  )
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('publish'), channel, text }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('turn'), channel, text }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('join'), channel, text }) },
    fc.record({ do: fc.constant('heartbeat'), channel, text: fc.constantFrom(': 1\n\n', ': 2\n\n') }),
    fc.record({ do: fc.constant('say'), channel, text }),
    fc.record({ do: fc.constant('page'), channel, text }),
  )
  it.each([
    ['each channel on its own', OWN_GROUPS, undefined],
    [
      'two channels together, one left alone',
      (name: string) => (name === 'c' ? undefined : 'all'),
      undefined,
    ],
    ['more lanes than are kept', OWN_GROUPS, 1],
  ])('decode to the text of each connection: %s', (_, groupOf, maxLanes) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const gzip = new SharedGzip(groupOf, maxLanes)
        const clients = [new Client(gzip, ['a']), new Client(gzip, ['a', 'b']), new Client(gzip, ['c'])]
        const heartbeats = new Map<string, SharedFrames>()
        for (const [index, { do: what, channel: name, text: given }] of steps.entries()) {
          const some = clients.filter((_, at) => (at + index) % 3 === 0)
          if (what === 'join') clients.push(new Client(gzip, [name, 'a']))
          if (what === 'say') for (const client of some) client.say(given)
          if (what === 'page') {
            const page = share(
              [
                [name, given],
                ['b', `${given}${index}`],
                [name, given],
              ],
              'history',
            )
            for (const client of some) client.take(page)
          }
          if (what === 'heartbeat') {
            const frames = heartbeats.get(given) ?? share([['', given]], 'heartbeat')
            heartbeats.set(given, frames)
            for (const client of clients) client.take(frames)
          }
          if (what === 'publish') {
            const frames = share([[name, given]])
            for (const client of clients) if (client.channels.includes(name)) client.take(frames)
          }
          if (what === 'turn') {
            const both = share([
              [name, given],
              ['a', given],
            ])
            const one = share([['a', given]])
            for (const client of clients) {
              if (client.channels.includes(name)) client.take(both)
              else if (client.channels.includes('a')) client.take(one)
            }
          }
        }
        for (const { sink, recorded, text: expected } of clients) {
          sink.end()
          expect(recorded.isEnded).toBe(true)
          expect(gunzipSync(recorded.bytes).toString()).toBe(expected)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('share the bytes of an event between all connections that have written the same ones before', () => {
    const gzip = new SharedGzip(OWN_GROUPS)
    const clients = Array.from({ length: 3 }, () => new Client(gzip, ['a']))
    const late = new Client(gzip, ['a'])
    late.say('hello')
    for (let n = 0; n < 5; n += 1) {
      const frames = share([['a', LEAD + n]])
      for (const client of clients) client.take(frames)
      if (n > 2) late.take(frames)
      const [first, ...others] = clients.map(({ last }) => last)
      for (const other of others) expect(other).toBe(first)
    }
    expect(late.last).not.toBe(clients[0]?.last)
    const next = share([['a', LEAD]])
    for (const client of [...clients, late]) client.take(next)
    // It has two events by now: a block that refers to them, or to four, is made of each length once.
    expect(late.last.byteLength).toBeLessThan(LEAD.length / 3)
  })

  it('refer to the events before a heartbeat', () => {
    const gzip = new SharedGzip(OWN_GROUPS)
    const clients = [new Client(gzip, ['a']), new Client(gzip, ['a'])]
    const all = (frames: SharedFrames) => {
      for (const client of clients) client.take(frames)
    }
    all(share([['a', LEAD]]))
    const heartbeat = share([['', ': 1\n\n']], 'heartbeat')
    for (let n = 0; n < 3; n += 1) all(heartbeat)
    all(share([['a', LEAD]]))
    const [one, other] = clients.map(({ last }) => last) as [Uint8Array, Uint8Array]
    expect(one).toBe(other)
    expect(one.byteLength).toBeLessThan(25)
  })

  it('keep each channel’s text apart: no byte of an event depends on what another channel has sent', () => {
    const secrets = [LEAD, LEAD.toUpperCase(), '-'.repeat(LEAD.length)]
    const lasts = secrets.map((secret) => {
      const gzip = new SharedGzip(OWN_GROUPS)
      const client = new Client(gzip, ['secrets', 'chosen'])
      client.take(share([['secrets', secret]]))
      client.take(share([['chosen', LEAD]]))
      client.take(share([['secrets', secret]]))
      client.take(share([['chosen', LEAD]]))
      const single = client.last.byteLength
      client.take(
        share([
          ['secrets', secret],
          ['chosen', LEAD],
        ]),
      )
      const turn = client.last
      client.take(
        share(
          [
            ['secrets', secret],
            ['chosen', LEAD],
          ],
          'history',
        ),
      )
      const alone = new Client(gzip, [])
      alone.take(share([['secrets', secret]], 'history'))
      return [single, turn.byteLength - alone.last.byteLength, client.last.byteLength - alone.last.byteLength]
    })
    expect(new Set(lasts.map(String)).size).toBe(1)
  })

  it('send channels without a group as they are', () => {
    const gzip = new SharedGzip((name) => (name === 'secrets' ? undefined : name))
    const client = new Client(gzip, ['secrets'])
    const secret = 'secret '.repeat(50)
    client.take(share([['secrets', secret]]))
    client.take(share([['secrets', secret]]))
    expect(Buffer.from(client.last).toString()).toContain(secret)
  })

  it('are complete without any text, and after an end without a head', () => {
    const client = new Client(new SharedGzip(OWN_GROUPS), [])
    client.sink.end()
    expect(gunzipSync(client.recorded.bytes).byteLength).toBe(0)
  })
})

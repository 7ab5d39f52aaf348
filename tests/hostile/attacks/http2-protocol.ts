import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack, AttackContext } from '../attack.ts'
import {
  encodeFrame,
  encodeGet,
  encodeHeaders,
  encodeNumber,
  encodePreface,
  encodeWindowSetting,
  FLAG,
  FRAME,
} from '../http2-frames.ts'
import { scaled } from '../scale.ts'

const FRAMES = scaled(20_000)
const STREAMS = scaled(2_000)
const CANCEL = 8
/** Streams of one session at a time. */
const CONCURRENT = 100

const repeat = (count: number, encode: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => encode(index)))

/** Opens connections that read what they get and write the same bytes. */
async function flood({ openAll }: AttackContext, count: number, bytes: Buffer): Promise<void> {
  const sockets = await openAll(count, { protocol: 'http2' })
  for (const socket of sockets) socket.write(bytes)
}

/** A flood of frames beside one stream. */
const frames = (name: string, encode: (index: number) => Buffer): Attack => ({
  name: `survives ${name}`,
  isLarge: true,
  run: (context) =>
    flood(
      context,
      2,
      Buffer.concat([encodePreface(), encodeGet(1, '/beats/flooder'), repeat(FRAMES, encode)]),
    ),
  // Node reads and answers each frame, whatever is served: that takes its one thread.
  expectations: { connections: 2, requests: 100, acceptedP50Ms: 150, acceptedP99Ms: 2_000 },
})

/** What HTTP/2 allows to be sent, and what it does not, more often than any client would. */
export const http2Protocol: readonly Attack[] = [
  {
    name: 'survives streams that are reset in the packet that opens them',
    run: (context) =>
      flood(
        context,
        1,
        Buffer.concat([
          encodePreface(),
          repeat(STREAMS, (index) =>
            Buffer.concat([
              encodeGet(2 * index + 1, `/beats/reset-${index % 10}`),
              encodeFrame(FRAME.reset, FLAG.none, 2 * index + 1, encodeNumber(CANCEL)),
            ]),
          ),
        ]),
      ),
    // Node's HTTP/2 server alone stops the event loop for 0.3 ms per cancelled stream.
    expectations: {
      requests: STREAMS,
      maxSlots: 10,
      acceptedP50Ms: STREAMS / 2,
      acceptedP99Ms: 1_000 + STREAMS,
    },
  },
  {
    name: 'bounds the memory of each of many streams of one session',
    isLarge: true,
    run: (context) => {
      const gets = repeat(STREAMS, (index) => encodeGet(2 * index + 1, `/beats/many-${index}`))
      return flood(context, 1, Buffer.concat([encodePreface(), gets]))
    },
    // Node sets no limit unless the app does. Each is a connection like any other, and gets every live event.
    expectations: { connections: STREAMS, acceptedP50Ms: STREAMS * 2, acceptedP99Ms: STREAMS * 4 },
  },
  frames('a flood of settings', () => encodeWindowSetting(65_535)),
  frames('settings that close and open every window by turns', (index) =>
    encodeWindowSetting(index % 2 ? 65_535 : 0),
  ),
  frames('a flood of pings', () => encodeFrame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8))),
  frames('a flood of priorities', () => encodeFrame(FRAME.priority, FLAG.none, 1, Buffer.alloc(5))),
  frames('a flood of window updates', () => encodeFrame(FRAME.windowUpdate, FLAG.none, 0, encodeNumber(1))),
  frames('a flood of empty frames of data', () => encodeFrame(FRAME.data, FLAG.none, 1)),
  frames('a flood of frames of an unknown type', () => encodeFrame(0xee, FLAG.none, 0, Buffer.alloc(8))),
  frames('window updates of nothing', () => encodeFrame(FRAME.windowUpdate, FLAG.none, 0, encodeNumber(0))),
  {
    name: 'survives headers that never end',
    isLarge: true,
    run: async ({ openAll }) => {
      const [first, ...rest] = [
        encodeHeaders('/beats/endless', { 'x-a': 'x'.repeat(8_000) }),
        Buffer.alloc(8_000, 0),
      ]
      const sockets = await openAll(scaled(10), { protocol: 'http2' })
      for (const socket of sockets) {
        socket.write(Buffer.concat([encodePreface(), encodeFrame(FRAME.headers, FLAG.endStream, 1, first)]))
      }
      for (let sent = 0; sent < 200; sent += 1) {
        for (const socket of sockets) {
          if (socket.writable) socket.write(encodeFrame(FRAME.continuation, FLAG.none, 1, rest[0]))
        }
        if (sent % 20 === 0) await sleep(5)
      }
    },
    expectations: { requests: scaled(10) * 8, maxSlots: 0 },
  },
  {
    name: 'refuses headers that are longer than Node allows',
    isLarge: true,
    run: (context) => {
      const headers = { 'last-event-id': 'x'.repeat(15_000) }
      const pieces = repeat(50, (index) => encodeGet(2 * index + 1, '/beats/long', headers))
      return flood(context, 5, Buffer.concat([encodePreface(), pieces]))
    },
    expectations: { requests: 250, maxSlots: 0 },
  },
  {
    name: 'survives windows that are opened byte by byte',
    isLarge: true,
    server: { preload: { count: 300, bytes: 100_000 } },
    run: async ({ open, oldId }) => {
      const socket = await open({ protocol: 'http2' })
      const streams = Array.from({ length: CONCURRENT }, (_, index) => 2 * index + 1)
      socket.write(
        Buffer.concat([
          encodePreface(),
          encodeWindowSetting(0),
          ...streams.map((stream) =>
            encodeGet(stream, `/beats/dribble-${stream}`, { 'last-event-id': oldId }),
          ),
        ]),
      )
      for (let round = 0; round < 50; round += 1) {
        const updates = streams.map((stream) =>
          encodeFrame(FRAME.windowUpdate, FLAG.none, stream, encodeNumber(1)),
        )
        socket.write(Buffer.concat(updates))
        await sleep(20)
      }
    },
    expectations: { connections: CONCURRENT, acceptedP50Ms: 100 },
  },
]

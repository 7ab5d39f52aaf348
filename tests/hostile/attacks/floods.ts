import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { encodeGets, exchange } from '../raw-socket.ts'
import { scaled } from '../scale.ts'

const WAVE = 50

/** More sockets, bytes or requests than a well-behaved client would send. */
export const floods: readonly Attack[] = [
  {
    name: 'survives clients that connect, ask and vanish',
    run: async ({ openAll }) => {
      for (let sent = 0; sent < scaled(1_500); sent += WAVE) {
        const sockets = await openAll(WAVE, { isReading: false })
        for (const socket of sockets) socket.write(encodeGets(['passer-by']), () => socket.resetAndDestroy())
      }
    },
    expectations: { connections: WAVE },
  },
  {
    name: 'survives clients that connect and vanish without a request',
    isLarge: true,
    run: async ({ openAll }) => {
      for (let sent = 0; sent < scaled(1_500); sent += WAVE) {
        for (const socket of await openAll(WAVE, { isReading: false })) socket.resetAndDestroy()
      }
    },
    expectations: { connections: WAVE, maxSlots: 0 },
  },
  {
    name: 'takes no slot for requests whose head never ends',
    isLarge: true,
    run: async ({ openAll }) => {
      const sockets = await openAll(scaled(300))
      for (const socket of sockets) socket.write('GET /beats/slowloris HTTP/1.1\r\nhost: localhost\r\nx: ')
    },
    expectations: { requests: scaled(300), maxSlots: 0 },
  },
  {
    name: 'is not held up by a body that never ends',
    run: async ({ openAll }) => {
      const head = 'POST /beats/talkative HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n'
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
      const sockets = await openAll(scaled(5))
      for (const socket of sockets) socket.write(head)
      for (let sent = 0; sent < 50; sent += 1) {
        for (const socket of sockets) if (socket.writable) socket.write(chunk)
        await sleep(10)
      }
    },
    expectations: { connections: scaled(5) },
  },
  {
    name: 'drops bytes that are no requests, on both protocols',
    isLarge: true,
    run: async ({ openAll, http2, http1 }) => {
      const noise = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7_919) % 256))
      for (const socket of await openAll(scaled(100))) socket.write(noise)
      const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      await Promise.all([
        exchange(http2, noise, 500),
        exchange(http2, Buffer.concat([preface, noise]), 500),
        exchange(http2, encodeGets(['lost']), 500),
        exchange(http1, preface, 500),
      ])
    },
    expectations: { requests: scaled(100), maxSlots: 1 },
  },
  {
    name: 'revokes an identity with many connections without delaying others',
    isLarge: true,
    run: async ({ openAll, server, violation }) => {
      const sockets = await openAll(scaled(300))
      for (const socket of sockets) socket.write(encodeGets(['revoked']))
      await sleep(400)
      const revoked = await server.call<number>('revoke', 'revoked')
      if (revoked !== sockets.length) violation(`${revoked} of ${sockets.length} connections were revoked`)
    },
    expectations: { connections: scaled(300), acceptedP99Ms: 500 },
  },
]

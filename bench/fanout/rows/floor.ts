import type { Socket } from 'node:net'
import { frame, HEADERS } from '../frame.ts'
import { listen } from '../listen.ts'
import type { StartPublisher } from '../rows.ts'

/**
 * The best a hand-written loop can do: a turn's events are one chunk of the response, made once, and written once
 * to each response's socket. It looks at nothing: not whether there is room, not who sits between.
 */
export const start: StartPublisher = async ({ heartbeatMs }) => {
  const sockets = new Set<Socket>()
  const port = await listen((_req, res) => {
    res.writeHead(200, HEADERS)
    res.flushHeaders()
    const socket = res.socket as Socket
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const send = (text: string) => {
    const chunk = toChunk(text)
    for (const socket of sockets) socket.write(chunk)
  }
  if (heartbeatMs < Number.POSITIVE_INFINITY) setInterval(() => send(':\n'), heartbeatMs)
  return { port, publish: (ticks) => send(ticks.map(frame).join('')) }
}

function toChunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

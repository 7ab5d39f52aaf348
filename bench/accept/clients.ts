/** The clients of all connections, in a process of their own. */
import { connect, type Socket } from 'node:net'
import type { ClientAnswer, ClientOrder } from './messages.ts'
import { TOKEN } from './rows.ts'

/** How many open at the same time. */
const CONCURRENCY = 50
const REQUEST = `GET /leads/7 HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\nauthorization: ${TOKEN}`
const HEAD_END = '\r\n\r\n'

let user = 0
// One buffer for all: what is read is looked at and never kept.
const buffer = Buffer.allocUnsafe(65_536)

process.on('message', async ({ type, port, connections }: ClientOrder) => {
  let left = connections
  const work = async () => {
    while (left-- > 0) {
      const socket = await open(port)
      if (type === 'cycle') socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  say({ type: type === 'cycle' ? 'cycled' : 'opened' })
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

/** Resolves when the first bytes of the body have come. */
function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let head = ''
    const callback = (length: number) => {
      if (head === 'read') return true
      head += buffer.toString('latin1', 0, length)
      const end = head.indexOf(HEAD_END)
      if (end < 0 || head.length <= end + HEAD_END.length) return true
      if (!head.startsWith('HTTP/1.1 200')) reject(new Error(head))
      head = 'read'
      resolve(socket)
      return true
    }
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } })
    socket.on('connect', () => socket.write(`${REQUEST}${user++}\r\n\r\n`))
    socket.on('error', reject)
  })
}

function say(answer: ClientAnswer): void {
  process.send?.(answer)
}

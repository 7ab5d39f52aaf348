// Sends events at a steady rate to each client of `/ticks`, and serves the pages that the bench gives it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Tick } from './ticks.ts'

const [rate, total] = process.argv.slice(2).map(Number) as [number, number]
const TEXT = 'The quick brown fox jumps over the lazy dog, again'
const TURN_MS = 10

const server = createServer((req, res) => {
  if (req.url !== '/ticks') {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>')
    return
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    let text = ''
    const due = Math.min(total, ((performance.now() - startedAt) * rate) / 1_000)
    while (sent < due) {
      sent += 1
      const tick: Tick = { n: sent, symbol: `S${sent % 500}`, text: TEXT }
      text += `id: 5fad5ee85a7b-${sent.toString(36)}\nevent: tick\ndata: ${JSON.stringify(tick)}\n\n`
    }
    if (text) res.write(text)
    if (sent >= total) clearInterval(timer)
  }, TURN_MS)
  res.on('close', () => clearInterval(timer))
})
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.({ type: 'listening', port: (server.address() as AddressInfo).port })
process.on('disconnect', () => process.exit())

import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { orders } from './src/orders.ts'

// The stream: what is published reaches all pages, and those that were away catch up by their last id.
const hub = createHub(orders)
const stream = sse(hub, { authorize: () => true, channels: 'shop' })

// Your app has real events. Here a customer buys something about every second.
const MENU = [
  ['Espresso', 2.4],
  ['Cappuccino', 3.6],
  ['Iced tea', 3.2],
  ['Croissant', 2.8],
  ['Lemon cake', 4.1],
] as const
let [number, revenue] = [0, 0]
function sell(): void {
  const [item, price] = MENU[Math.floor(Math.random() * MENU.length)] ?? MENU[0]
  number += 1
  revenue = Math.round(100 * (revenue + price)) / 100
  void hub.publish('shop', 'order', { number, item, price })
  void hub.publish('shop', 'revenue', revenue)
}
const sales = setInterval(sell, 600)

// In production this server also serves what `ng build` made. In development the Angular CLI serves the page, and its
// proxy (proxy.conf.mjs) sends requests for the stream here.
const server = createServer((req, res) => {
  if (req.url?.startsWith(orders.path)) stream(req, res)
  else res.writeHead(404).end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const port = process.env.PORT ?? '3000'
const cli = spawn(process.execPath, ['node_modules/@angular/cli/bin/ng.js', 'serve', '--port', port], {
  cwd: import.meta.dirname,
  env: { ...process.env, API: api },
  stdio: ['ignore', 'inherit', 'inherit'],
})
const signals = ['SIGINT', 'SIGTERM'] as const
for (const signal of signals) process.once(signal, () => cli.kill(signal))
cli.once('exit', (code) => {
  clearInterval(sales)
  server.close()
  void hub.close()
  // Browsers keep connections for later.
  server.closeAllConnections()
  // 128 and the signal's number: stopped, as asked.
  process.exitCode = code === 130 || code === 143 ? 0 : (code ?? 0)
})

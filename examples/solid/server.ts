import { createServer } from 'node:http'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { createServer as createVite } from 'vite'
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

// One server for page and stream. In production it serves what `vite build` made instead of asking Vite.
const server = createServer((req, res) => {
  if (req.url?.startsWith(orders.path)) stream(req, res)
  else vite.middlewares(req, res)
})
const vite = await createVite({ root: import.meta.dirname, server: { middlewareMode: true, ws: { server } } })

const port = Number(process.env.PORT ?? 3000)
server.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is taken. Set PORT to another one: PORT=${port + 1} npm start`)
  process.exit(1)
})
server.listen(port, () => console.log(`Open http://localhost:${port}`))

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, async () => {
    clearInterval(sales)
    server.close()
    await Promise.all([hub.close(), vite.close()])
    // Browsers keep connections for later.
    server.closeAllConnections()
  })
}

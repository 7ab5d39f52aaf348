/** A stream as it is often written by hand, on the port of the first argument: a loop, and nothing that the network needs. */
import { createServer } from 'node:http'

createServer((req, res) => {
  if (req.method !== 'GET') return void res.writeHead(404).end()
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  let id = 0
  const timer = setInterval(() => {
    id += 1
    res.write(`data: ${JSON.stringify({ id, title: `Lead ${id}` })}\n\n`)
  }, 200)
  req.on('close', () => clearInterval(timer))
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))

import { createServer } from 'node:http'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'

const counts = defineStream({ path: '/counts', events: { count: type() } })

it('a feed receives events, acknowledges them and closes', async () => {
  expect(typeof document).toBe('object')
  const acks = []
  const left = Promise.withResolvers()
  const server = createServer((req, res) => {
    if (req.method === 'POST') {
      acks.push(req.headers['last-event-id'])
      return res.writeHead(204).end()
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('id: 1\nevent: count\ndata: 1\n\n')
    res.on('close', left.resolve)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const feed = connect(counts, { baseUrl: `http://127.0.0.1:${server.address().port}` })
  const [count, { id }] = await new Promise((resolve) => feed.on('count', (...given) => resolve(given)))
  expect(count).toBe(1)
  await feed.ack(id)
  expect(acks).toEqual(['1'])
  feed.close()
  await left.promise
  await new Promise((resolve) => server.close(resolve))
})

import { createServer } from 'node:http'
import { createApp, createRouter, eventHandler, fromNodeMiddleware, toNodeListener, toWebRequest } from 'h3'
import { node, web } from './counts.mjs'

const router = createRouter()
router.get(
  '/web/counts',
  eventHandler((event) => web(toWebRequest(event))),
)
router.get('/node/counts', fromNodeMiddleware(node))
router.post('/node/counts/ack', fromNodeMiddleware(node))
createServer(toNodeListener(createApp().use(router))).listen(Number(process.argv[2]), '127.0.0.1')

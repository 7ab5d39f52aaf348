import { fromNodeHandler, H3, serve } from 'h3-2'
import { node, web } from './counts.mjs'

const app = new H3()
app.get('/web/counts', (event) => web(event.req))
app.get('/node/counts', fromNodeHandler(node))
app.post('/node/counts/ack', fromNodeHandler(node))
serve(app, { port: Number(process.argv[2]), hostname: '127.0.0.1', silent: true })

import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { app } from './app.ts'

const server = createServer()

// The page: as Vite serves it during development, or as it was built.
if (process.argv.includes('--dev')) {
  const vite = await import('vite')
  // `native`: without it Vite writes a copy of its configuration, and `node --watch` restarts for that.
  const { middlewares } = await vite.createServer({
    configLoader: 'native',
    server: { middlewareMode: true, ws: { server } },
  })
  const api = getRequestListener(app.fetch)
  server.on('request', (req, res) => {
    if (req.url?.startsWith('/api/')) api(req, res)
    else middlewares(req, res)
  })
} else {
  app.use(serveStatic({ root: 'dist' }))
  server.on('request', getRequestListener(app.fetch))
}

server.listen(Number(process.env.PORT ?? 3000), () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`http://localhost:${address.port}`)
})

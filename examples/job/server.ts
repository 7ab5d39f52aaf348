import { createServer } from 'node:http'
import { sse } from '@sse/server/express'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import express from 'express'
import { createServer as createVite } from 'vite'
import { LEASE_MS, openDatabase, RUNS_FILE } from './database.ts'
import { imports } from './imports.ts'

const database = openDatabase()
const runs = createRuns(imports, { engine: sqlite(RUNS_FILE), leaseMs: LEASE_MS })

const app = express()
// Your app checks here that the job is the user's.
app.use(sse(runs, { authorize: () => true }))
app.post('/jobs', express.text({ type: 'text/csv', limit: '5mb' }), (req, res) => {
  if (typeof req.body !== 'string') return res.sendStatus(415)
  return res.status(201).json({ id: database.addJob(req.body) })
})

// In production it serves what `vite build` made instead of asking Vite.
const server = createServer(app)
const vite = await createVite({ root: import.meta.dirname, server: { middlewareMode: true, ws: { server } } })
app.use(vite.middlewares)

const port = Number(process.env.PORT ?? 3000)
server.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is taken. Set PORT to another one: PORT=${port + 1} npm start`)
  process.exit(1)
})
server.listen(port, () => console.log(`Open http://localhost:${port}`))

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, async () => {
    server.close()
    await Promise.all([runs.close(), vite.close()])
    database.close()
    // Browsers keep connections for later.
    server.closeAllConnections()
  })
}

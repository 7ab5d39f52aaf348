import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/express'
import { sqlite } from '@sse/sqlite'
import { choosePort } from '@sse-examples/page'
import express from 'express'
import { board, EVENTS, LIBRARIES, type Library, renderLeads } from './board.ts'
import { openLeads } from './leads.ts'
import { renderPage, scriptsOf } from './page.ts'

const folder = process.env.DATA_DIR ?? new URL('.data/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })
const leads = openLeads(`${folder}/leads.db`)
const hub = createHub(board, { engine: sqlite(`${folder}/events.db`) })

/** Sends the list to every library's pages. */
async function publishLeads(): Promise<void> {
  const list = renderLeads(leads.newest())
  await Promise.all(
    LIBRARIES.map((library) => {
      const [name, html] = EVENTS[library](list)
      return hub.publish(library, name, html)
    }),
  )
}

const app = express()
app.use(sse(hub, { authorize: () => true, channels: ({ params }) => readLibrary(params.library) }))

app.post('/leads', express.urlencoded({ extended: false, limit: '10kb' }), async (req, res) => {
  const { name = '', city = '', value = '' } = req.body as Record<string, string>
  const problem = leads.add({ name: String(name), city: String(city), value: Number(value) })
  if (problem) return void res.status(400).type('text').send(problem)
  await publishLeads()
  res.status(204).end()
})

app.get('/', (_req, res) => res.redirect(`/${LIBRARIES[0]}`))
const style = await readFile(new URL('style.css', import.meta.url), 'utf8')
app.get('/style.css', (_req, res) => void res.type('css').send(style))
for (const library of LIBRARIES) {
  const scripts = await scriptsOf(library)
  for (const [n, script] of scripts.entries()) {
    app.get(`/${library}/script-${n}.js`, (_req, res) => void res.type('js').send(script))
  }
  app.get(`/${library}`, async (_req, res) => {
    // First the position, then the list: what is added in between comes again rather than never.
    const { state, lastEventId } = await hub.getState(() => leads.newest())
    res.type('html').send(renderPage({ library, list: renderLeads(state), lastEventId }))
  })
}

function readLibrary(name: string): Library {
  return LIBRARIES.find((library) => library === name) ?? LIBRARIES[0]
}

const port = await choosePort()
const server = app.listen(port, () => console.log(`Open http://localhost:${port}`))

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close()
    await hub.close()
    leads.close()
  })
}

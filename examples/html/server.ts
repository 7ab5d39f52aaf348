import { sse } from '@sse/server/express'
import { choosePort } from '@sse-examples/page'
import express from 'express'
import { addLead, closeBoard, hub, readBoard } from './board.ts'
import { html } from './html.ts'
import { clients, renderPage } from './pages.ts'
import { EMPTY_FORM, renderForm } from './render.ts'

const app = express()
app.use('/static', express.static(`${import.meta.dirname}/static`))
app.use(
  sse(hub, {
    // Not signed in, to keep the example small: see examples/lead-desk.
    authorize: () => true,
    channels: ({ params: { format } }) => (format === 'turbo' || format === 'datastar' ? format : 'htmx'),
    // A browser's EventSource stops for good after a 503: it gets an empty stream and a delay instead.
    refuse: 'retry',
    retryMs: 1_000,
  }),
)

app.get('/', (_req, res) => res.redirect('/htmx2'))

for (const [path, client] of Object.entries(clients)) {
  client.scripts.forEach((file, index) => {
    app.get(`/scripts/${path}/${index}`, (_req, res) => res.sendFile(file, { dotfiles: 'allow' }))
  })

  app.get(`/${path}`, async (_req, res) => {
    const { lastEventId, state } = await readBoard()
    res.setHeader('cache-control', 'no-store')
    res.type('html').send(renderPage(path, state, lastEventId).text)
  })

  app.post(`/${path}`, express.urlencoded({ extended: false }), (req, res) => {
    const name = read(req.body?.name, 120)
    const note = read(req.body?.note, 500)
    if (name !== '') addLead(name, note)
    const state = name === '' ? { name, note, error: 'A lead needs a name.' } : EMPTY_FORM
    // A form without a script: the page is loaded again.
    if (path === 'datastar') return res.redirect(303, '/datastar')
    const form = renderForm(client.form, state, true)
    // The board is not part of the answer: it arrives on the stream, here as in every other tab.
    if (path !== 'turbo') return res.type('html').send(form.text)
    res.type('text/vnd.turbo-stream.html')
    return res.send(
      html`<turbo-stream action="replace" target="form"><template>${form}</template></turbo-stream>`.text,
    )
  })
}

/** Returns a field's text without the half of a character that the cut may leave, which `text()` refuses. */
function read(field: unknown, maxLength: number): string {
  return typeof field === 'string'
    ? field
        .trim()
        .slice(0, maxLength)
        .replace(/\p{Surrogate}/gu, '')
    : ''
}

const port = await choosePort()
const server = app.listen(port, () => console.log(`Open http://localhost:${port}`))

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, async () => {
    server.close()
    await closeBoard()
    server.closeAllConnections()
  })
}

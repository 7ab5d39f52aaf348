import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Html, html } from './html.ts'
import { EMPTY_FORM, type Lead, renderBoard, renderForm } from './render.ts'

const require = createRequire(import.meta.url)

export interface Client {
  name: string
  /** Files served under `/scripts/<client>/<index>`. */
  scripts: string[]
  /** Attributes of the form. */
  form: Html
  /** Returns the part of the page that reads the stream. */
  live(url: string, board: Html): Html
}

const htmxForm = (path: string) => html`action="${path}" hx-post="${path}" hx-swap="outerHTML"`

export const clients: Record<string, Client> = {
  htmx2: {
    name: 'htmx 2',
    scripts: [require.resolve('htmx2/dist/htmx.min.js'), require.resolve('htmx-ext-sse/dist/sse.min.js')],
    form: htmxForm('/htmx2'),
    live: (url, board) => html`<div hx-ext="sse" sse-connect="${url}" sse-close="sse.end">
<div id="board" sse-swap="message">${board}</div></div>`,
  },
  htmx4: {
    name: 'htmx 4',
    scripts: [require.resolve('htmx4/dist/htmx.min.js'), require.resolve('htmx4/dist/ext/hx-sse.min.js')],
    form: htmxForm('/htmx4'),
    live: (url, board) => html`<div id="board" hx-sse:connect="${url}" hx-sse:close="sse.end">${board}</div>`,
  },
  turbo: {
    name: 'Turbo',
    scripts: [require.resolve('@hotwired/turbo/dist/turbo.es2017-umd.js')],
    form: html`action="/turbo"`,
    live: (url, board) => html`<turbo-stream-source src="${url}"></turbo-stream-source>
<div id="board">${board}</div>`,
  },
  datastar: {
    name: 'Datastar',
    scripts: [fileURLToPath(new URL('datastar.js', import.meta.resolve('@starfederation/datastar')))],
    form: html`action="/datastar"`,
    live: (url, board) => html`<div data-on-load="@get('${url}', { openWhenHidden: true })"></div>
<div id="board">${board}</div>`,
  },
}

/** The form of the events that a client reads: a channel of the stream. */
const FORMATS: Record<string, string> = { turbo: 'turbo', datastar: 'datastar' }

/** Returns the page of a client with the board as it is, which then continues after `lastEventId`. */
export function renderPage(path: string, leads: Lead[], lastEventId: string): Html {
  const client = clients[path] as Client
  // In Firefox, a `fetch` gets no response while another tab reads the same URL, so each page has a different one.
  const query = new URLSearchParams({ lastEventId, page: randomUUID() })
  const url = `/board/${FORMATS[path] ?? 'htmx'}?${query}`
  const scripts = client.scripts.map(
    (_, index) =>
      html`<script ${path === 'datastar' ? html`type="module" ` : ''}src="/scripts/${path}/${index}"></script>`,
  )
  const links = Object.entries(clients).map(
    ([key, { name }]) =>
      html`<a href="/${key}" data-turbo="false"${key === path ? html` aria-current="page"` : ''}>${name}</a>`,
  )
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lead board, ${client.name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/style.css">
<script src="/static/status.js"></script>
${scripts}
<header>
  <h1>Lead board</h1>
  <p id="status" role="status" data-state="connecting">Connecting</p>
  <nav aria-label="Client">${links}</nav>
</header>
<main>
  <section aria-label="New lead">${renderForm(client.form, EMPTY_FORM, false)}</section>
  <section aria-label="Leads">${client.live(url, renderBoard(leads))}</section>
</main>
</html>`
}

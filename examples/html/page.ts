import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { LIBRARIES, type Library } from './board.ts'

const require = createRequire(import.meta.url)

interface Client {
  readonly title: string
  /** Files of the library, in npm packages. */
  readonly scripts: readonly string[]
  /** The attributes that connect the page, for a stream at `url`. */
  readonly connect: (url: string) => {
    readonly body?: string
    readonly list?: string
    readonly element?: string
  }
}

const CLIENTS: Record<Library, Client> = {
  htmx2: {
    title: 'htmx 2',
    scripts: [require.resolve('htmx2/dist/htmx.min.js'), require.resolve('htmx-ext-sse/dist/sse.min.js')],
    connect: (url) => ({
      body: `hx-ext="sse" sse-connect="${url}" sse-close="sse.end"`,
      list: 'sse-swap="leads"',
    }),
  },
  htmx4: {
    title: 'htmx 4',
    scripts: [require.resolve('htmx4/dist/htmx.min.js'), require.resolve('htmx4/dist/ext/hx-sse.min.js')],
    connect: (url) => ({ list: `hx-sse:connect="${url}" hx-sse:close="sse.end"` }),
  },
  turbo: {
    title: 'Turbo',
    scripts: [require.resolve('@hotwired/turbo/dist/turbo.es2017-umd.js')],
    connect: (url) => ({ element: `<turbo-stream-source src="${url}"></turbo-stream-source>` }),
  },
  datastar: {
    title: 'Datastar',
    scripts: [fileURLToPath(new URL('datastar.js', import.meta.resolve('@starfederation/datastar')))],
    connect: (url) => ({ element: `<div data-on-load="@get('${url}', { openWhenHidden: true })"></div>` }),
  },
}

/** Reads the scripts of a library, to serve them from here. */
export async function scriptsOf(library: Library): Promise<string[]> {
  return Promise.all(CLIENTS[library].scripts.map((file) => readFile(file, 'utf8')))
}

interface PageParts {
  readonly library: Library
  /** The list as it is now, so that the page is complete without a script. */
  readonly list: string
  /** Id after which the stream begins: nothing between the list and the stream is missed. */
  readonly lastEventId: string
}

export function renderPage({ library, list, lastEventId }: PageParts): string {
  const { title, scripts, connect } = CLIENTS[library]
  const url = `/board/${library}?lastEventId=${encodeURIComponent(lastEventId)}`
  const { body = '', list: attributes = '', element = '' } = connect(url)
  const tabs = LIBRARIES.map(
    (name) =>
      `<a href="/${name}"${name === library ? ' aria-current="page"' : ''}>${CLIENTS[name].title}</a>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leads with ${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
${scripts.map((_, n) => `<script ${library === 'datastar' ? 'type="module"' : 'defer'} src="/${library}/script-${n}.js"></script>`).join('\n')}
</head>
<body ${body}>
<main>
<header><h1>Leads</h1><p>Rendered on the server, shown by ${title}. Open a second tab, and add one.</p></header>
<nav aria-label="Library">${tabs.join('')}</nav>
<form method="post" action="/leads" target="answer" data-turbo="false" onsubmit="setTimeout(() => this.reset())">
<label>Name <input name="name" required maxlength="80" autocomplete="off" placeholder="Ada Lovelace"></label>
<label>City <input name="city" required maxlength="80" autocomplete="off" placeholder="London"></label>
<label>Value <input name="value" type="number" required min="0" max="10000000" value="5000"></label>
<button>Add lead</button>
</form>
<ul id="leads" aria-live="polite" ${attributes}>${list}</ul>
</main>
<iframe name="answer" title="Answer of the form" hidden></iframe>
${element}
</body>
</html>`
}

import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '@sse/test-support/http-server'

/** What `pnpm site` has built. */
export const dist: string = fileURLToPath(new URL('../../docs/.vitepress/dist', import.meta.url))

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Serves the site as a host of static files does: `/guides/hooks` is `guides/hooks.html`. */
export function serveSite(): ReturnType<typeof serve> {
  return serve((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    const file = [pathname, `${pathname}.html`, `${pathname}/index.html`]
      .map((path) => join(dist, normalize(decodeURIComponent(path))))
      .find((path) => path.startsWith(dist) && existsSync(path) && statSync(path).isFile())
    if (!file) return void res.writeHead(404).end()
    res.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    res.end(readFileSync(file))
  })
}

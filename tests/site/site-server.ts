import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { serve } from '@sse/test-support/http-server'

/** What `pnpm site` has built. */
export const dist: string = fileURLToPath(new URL('../../docs/.vitepress/dist', import.meta.url))

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** Serves the site as a host of static files does: compressed, `/guides/hooks` is `guides/hooks.html`, and 404.html for the rest. */
export function serveSite(): ReturnType<typeof serve> {
  return serve((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    const found = [pathname, `${pathname}.html`, `${pathname}/index.html`]
      .map((path) => join(dist, normalize(decodeURIComponent(path))))
      .find((path) => path.startsWith(dist) && existsSync(path) && statSync(path).isFile())
    const file = found ?? join(dist, '404.html')
    res.writeHead(found ? 200 : 404, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-encoding': 'gzip',
    })
    res.end(gzipSync(readFileSync(file), { level: 1 }))
  })
}

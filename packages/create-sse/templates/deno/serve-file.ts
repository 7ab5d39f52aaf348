const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
}

/** Serves the page that `deno task build` has written to `dist`. */
export async function serveFile(pathname: string): Promise<Response> {
  // `URL` has resolved every `..` of the path.
  const name = pathname === '/' ? '/index.html' : pathname
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
  try {
    const file = await Deno.open(`${import.meta.dirname}/dist${name}`)
    return new Response(file.readable, { headers: type ? { 'content-type': type } : {} })
  } catch {
    return new Response('Not found', { status: 404 })
  }
}

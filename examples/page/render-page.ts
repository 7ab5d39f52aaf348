import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = new URL('./browser/', import.meta.url)

/**
 * The page as one HTML text, its script bundled and its style inlined: a server has one route to serve.
 *
 * @param server - what the page says the numbers come from.
 */
export async function renderPage(server: string): Promise<string> {
  const [html, style, script] = await Promise.all([
    readFile(new URL('index.html', folder), 'utf8'),
    readFile(new URL('style.css', folder), 'utf8'),
    bundle(),
  ])
  const parts: Record<string, string> = { server, style, script }
  return html.replace(/<!--(\w+)-->|\/\*(\w+)\*\//g, (found, a, b) => parts[a ?? b] ?? found)
}

async function bundle(): Promise<string> {
  const isProduction = process.env.NODE_ENV === 'production'
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', folder))],
    bundle: true,
    write: false,
    minify: isProduction,
    format: 'esm',
    target: 'es2022',
    conditions: ['@sse/source', isProduction ? 'production' : 'module'],
  })
  // "</script" inside a string would end the script element.
  return outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? ''
}

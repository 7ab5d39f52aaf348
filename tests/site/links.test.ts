import { existsSync, globSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { expect, it } from 'vitest'
import { dist } from './site-server.ts'

const files = globSync('**/*.html', { cwd: dist })
const html = new Map(files.map((file) => [file, readFileSync(`${dist}/${file}`, 'utf8')]))

it.skipIf(!existsSync(dist))(
  'every link of every page leads to a page, an anchor or a file of the site',
  () => {
    const ids = new Map(
      [...html].map(([file, text]) => [
        file,
        new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)),
      ]),
    )
    const broken = [...html].flatMap(([file, text]) =>
      [...text.matchAll(/<a [^>]*?href="([^"]*)"/g)].flatMap(([, href = '']) => {
        const url = new URL(href.replaceAll('&amp;', '&'), `http://site/${file}`)
        if (url.host !== 'site') return []
        const target = fileOf(decodeURI(url.pathname))
        if (!target) return [`${file}: ${href}`]
        const anchor = decodeURIComponent(url.hash.slice(1))
        return anchor === '' || ids.get(target)?.has(anchor) ? [] : [`${file}: ${href}`]
      }),
    )
    expect([...new Set(broken)]).toEqual([])
  },
)

it.skipIf(!existsSync(dist))(
  'a link between files of the repository is a link between pages of the site',
  () => {
    const main = (file: string) => html.get(file)?.match(/<main[\s\S]*<\/main>/)?.[0]
    expect(main('guides/client.html')).toContain('<a href="/guides/hooks">hooks</a>')
    expect(main('packages/react.html')).toContain('<a href="/guides/hooks">')
  },
)

/** The file that a host of static files answers a path with. */
function fileOf(path: string): string | undefined {
  const name = path.slice(1)
  const pages = [name, `${name}.html`, `${name}index.html`]
  return (
    pages.find((file) => html.has(file)) ??
    (extname(name) && existsSync(`${dist}/${name}`) ? name : undefined)
  )
}

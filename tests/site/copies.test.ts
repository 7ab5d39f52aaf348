import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SSE_ERRORS } from '@sse/contract'
import { describe, expect, it } from 'vitest'
import { dist } from './site-server.ts'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))
const read = (file: string) => readFileSync(`${dist}/${file}`, 'utf8')
const isFile = (link: string) => existsSync(dist + link.replace(/#.*$/, ''))
/** Texts outside of fenced blocks and code, which may look like links. */
const prose = (text: string) =>
  text.replace(/^ {0,3}(```|~~~)[\s\S]*?^ {0,3}\1/gm, '').replace(/`[^`\n]+`/g, '')
const linksOf = (text: string) =>
  [...prose(text).matchAll(/\]\((?!https?:|mailto:|#)([^)\s]+)\)/g)].map(([, to = '']) => to)

describe.skipIf(!existsSync(dist))('the built site', () => {
  const pages = globSync('**/*.html', { cwd: dist })
    .filter((page) => page !== '404.html')
    .map((page) => page.replace(/\.html$/, ''))

  it('has a page for each Markdown file of docs', () => {
    const sources = globSync('**/*.md', { cwd: docs, exclude: (path) => path.includes('node_modules') })
    const built = new Set(pages)
    expect(
      sources
        .map((file) => file.replace(/\.md$/, '').replace(/^README$/, 'overview'))
        .filter((page) => !built.has(page)),
    ).toEqual([])
    expect(sources.length).toBeGreaterThan(80)
  })

  it('has a Markdown copy of every page, whose links start at the root and lead to other copies', () => {
    const broken = pages.flatMap((page) =>
      linksOf(read(`${page}.md`))
        .filter((link) => !link.startsWith('/') || !isFile(link))
        .map((link) => `${page}: ${link}`),
    )
    expect(broken).toEqual([])
  })

  it('lists the documentation in llms.txt, and llms-full.txt has its text', () => {
    const list = linksOf(read('llms.txt'))
    expect(list.filter((link) => !isFile(link))).toEqual([])
    const isListed = new Set(list)
    const left = pages.filter((page) =>
      /^(start|guides|concepts|migrate|reference|operations|api)\//.test(page),
    )
    expect(left.filter((page) => !isListed.has(`/${page}.md`))).toEqual([])
    expect(read('llms-full.txt')).toContain('<!-- /guides/hooks.md -->\n\n# Hooks\n')
  })

  it('has an anchor for each error code', () => {
    const page = read('reference/errors.html')
    expect(Object.keys(SSE_ERRORS).filter((code) => !page.includes(`<tr id="${code}">`))).toEqual([])
  })

  it('has a title and a description for search engines on every page', () => {
    const without = pages.filter((page) => {
      const html = read(`${page}.html`)
      const [, text = ''] = html.match(/<meta name="description" content="([^"]*)">/) ?? []
      return text.length < 8 || text.length > 220 || !/<title>[^<]+<\/title>/.test(html)
    })
    expect(without).toEqual([])
  })

  it('has the API reference of every entry, without members that only the packages use', () => {
    expect(read('api/server.html')).toContain('id="createhub"')
    expect(read('api/server.html')).toContain('id="memoryoptions"')
    expect(read('api/server/express.html')).toContain('id="sse"')
    expect(globSync('api/**/*.md', { cwd: dist }).filter((file) => /`@sse\/\w+`\(/.test(read(file)))).toEqual(
      [],
    )
  })

  it('says below each chart of the page of benchmarks where others are ahead', () => {
    const [main = ''] = read('benchmarks.html').match(/<main[\s\S]*<\/main>/) ?? []
    const sections = main.split('<h2 ').slice(1)
    expect(sections.length).toBeGreaterThan(4)
    for (const section of sections) {
      expect(section).toContain('<svg')
      expect(section).toContain('Where others are ahead:')
    }
  })
})

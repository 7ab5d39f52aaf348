import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DefaultTheme, SiteConfig } from 'vitepress'
import { describe, pageMarkdown, titleOf } from './page-markdown.ts'
import { pageOf, repository } from './pages.ts'
import { apiSidebar, sidebar } from './sidebar.ts'

type Item = DefaultTheme.SidebarItem
interface Copy {
  readonly text: string
  readonly title: string
  readonly description: string
}

/** Sections that llms-full.txt leaves out: long, and seldom what a question is about. llms.txt links their pages. */
const NOT_IN_FULL = ['Internals', 'Examples', 'API']

/**
 * Writes a Markdown copy beside every page, `llms.txt` with links to them, and `llms-full.txt` with their texts. Links
 * start at the root of the site, because the site does not know its host.
 */
export function writeMarkdownCopies({ outDir, pages, site: { base, title, description } }: SiteConfig): void {
  const copies = new Map<string, Copy>()
  for (const file of pages) {
    const page = pageOf(file)
    if (!page) continue
    const source = readFileSync(repository + file, 'utf8')
    const text = pageMarkdown(source, repository + file, base)
    copies.set(page, { text, title: titleOf(text) ?? page, description: describe(source) })
    mkdirSync(dirname(`${outDir}/${page}`), { recursive: true })
    writeFileSync(`${outDir}/${page}`, text)
  }
  const sections = [...sidebar(), { text: 'API', items: apiSidebar() }].map(({ text, items = [] }) => ({
    name: text,
    pages: [...new Set(pagesOf(items))].filter((page) => copies.has(page)),
  }))
  const list = sections.map(({ name, pages }) => {
    const lines = pages.map((page) => {
      const { title, description } = copies.get(page) as Copy
      return `- [${title}](${base}${page}): ${description}`
    })
    return `## ${name}\n\n${lines.join('\n')}\n`
  })
  writeFileSync(`${outDir}/llms.txt`, `# ${title}\n\n> ${description}\n\n${list.join('\n')}`)
  const full = sections.filter(({ name }) => !NOT_IN_FULL.includes(name ?? '')).flatMap(({ pages }) => pages)
  const texts = full.map((page) => `<!-- ${base}${page} -->\n\n${copies.get(page)?.text}`)
  writeFileSync(`${outDir}/llms-full.txt`, texts.join('\n---\n\n'))
}

/** The pages that items of the sidebar link, in their order. */
function pagesOf(items: Item[]): string[] {
  return items.flatMap(({ link, items = [] }) => [
    ...(link ? [`${link.slice(1).replace(/\/$/, '/index')}.md`] : []),
    ...pagesOf(items),
  ])
}

import { readdirSync, readFileSync } from 'node:fs'
import type { DefaultTheme } from 'vitepress'

const root = new URL('../../', import.meta.url)
const LINK = /\[([^\]]+)\]\(((?:start|guides|reference|operations|internals)\/[\w-]+)\.md\)/g

/** The sections of docs/README.md with their links, in its order, then the packages and the examples. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  ...readFileSync(new URL('docs/README.md', root), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      text: section.slice(0, section.indexOf('\n')),
      collapsed: /^(Internals|Operations)/.test(section),
      items: [...section.matchAll(LINK)].map(([, text = '', link]) => ({ text, link: `/${link}` })),
    })),
  { text: 'Packages', collapsed: true, items: pagesOf('packages', (name) => `@sse/${name}`) },
  { text: 'Examples', collapsed: true, items: pagesOf('examples', (name) => name) },
]

function pagesOf(folder: string, title: (name: string) => string): DefaultTheme.SidebarItem[] {
  return readdirSync(new URL(folder, root))
    .filter((name) => name !== 'test-support' && hasPage(`${folder}/${name}`))
    .map((name) => ({ text: title(name), link: `/${folder}/${name}` }))
}

function hasPage(folder: string): boolean {
  try {
    return readdirSync(new URL(folder, root)).includes('README.md')
  } catch {
    return false
  }
}

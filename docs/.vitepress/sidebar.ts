import { globSync, readdirSync, readFileSync } from 'node:fs'
import type { DefaultTheme } from 'vitepress'
import { packages } from './api/entries.ts'
import { repository } from './pages.ts'

type Item = DefaultTheme.SidebarItem

/** Sections in their order, with the folder of their pages. */
const SECTIONS: Record<string, string> = {
  Start: 'start',
  Guides: 'guides',
  Concepts: 'concepts',
  Frameworks: 'frameworks',
  Migrations: 'migrate',
  Reference: 'reference',
  Operations: 'operations',
  Internals: 'internals',
  Project: '',
}
/** Pages that the build writes. */
const GENERATED: Record<string, Item[]> = {
  Reference: [{ text: 'API', link: '/api/' }],
  Project: [{ text: 'Changelog', link: '/changelog' }],
}
const OPEN = ['Start', 'Guides', 'Concepts', 'Frameworks', 'Reference', 'Project']
const LINK = /\[([^\]]+)\]\(((?:[\w-]+\/)*[\w-]+)\.md\)/g

/**
 * The sections of docs/README.md with their groups and links, then the packages and the examples. A page that a
 * section's folder has and the file does not link is the section's last.
 */
export function sidebar(): Item[] {
  const index = read('docs/README.md')
  const linked = new Set([...index.matchAll(LINK)].map(([, , page = '']) => page))
  const texts = new Map(
    index
      .split(/^## /m)
      .slice(1)
      .map((section) => [firstLine(section), section.slice(firstLine(section).length)]),
  )
  return [
    ...Object.entries(SECTIONS).map(([text, folder]) =>
      sectionOf(text, texts.get(text) ?? '', folder, linked),
    ),
    { text: 'Packages', collapsed: true, items: readmesOf('packages', (name) => `@sse/${name}`) },
    { text: 'Examples', collapsed: true, items: readmesOf('examples', (name) => name) },
  ].filter(({ items }) => items.length > 0)
}

function sectionOf(text: string, section: string, folder: string, linked: Set<string>) {
  const [head = '', ...groups] = section.split(/^### /m)
  const rest = pagesOf('docs', folder).filter((page) => !linked.has(page))
  return {
    text,
    collapsed: !OPEN.includes(text),
    items: [
      ...itemsOf(head),
      ...groups.map((group) => ({ text: firstLine(group), collapsed: false, items: itemsOf(group) })),
      ...rest.map((page) => itemOf('docs', page)),
      ...(GENERATED[text] ?? []),
    ],
  }
}

/** The API reference: packages with their entries. */
export function apiSidebar(): Item[] {
  return [
    { text: 'Reference', link: '/reference/server-options' },
    { text: 'API', link: '/api/' },
    ...packages.map(({ name, entries }) => ({
      text: name,
      collapsed: entries.length > 3,
      items: entries.map(({ specifier, page }) => ({ text: specifier, link: `/api/${page}` })),
    })),
  ]
}

/** The pages of docs/zh, with their own headings. */
export function chineseSidebar(): Item[] {
  const groups = {
    start: '开始',
    guides: '指南',
    concepts: '概念',
    migrate: '迁移',
    reference: '参考',
    examples: '示例',
  }
  return Object.entries(groups)
    .map(([folder, text]) => ({
      text,
      items: pagesOf('docs/zh', folder).map((page) => itemOf('docs/zh', page)),
    }))
    .filter(({ items }) => items.length > 0)
}

function itemsOf(text: string): Item[] {
  return [...text.matchAll(LINK)].map(([, title = '', page]) => ({ text: title, link: `/${page}` }))
}

function pagesOf(root: string, folder: string): string[] {
  if (folder === '') return []
  return globSync(`${folder}/*.md`, { cwd: `${repository}${root}` })
    .map((file) => file.replace(/\.md$/, ''))
    .sort()
}

function itemOf(root: string, page: string): Item {
  const [, title = page] = read(`${root}/${page}.md`).match(/^# (.+)$/m) ?? []
  return { text: title, link: `${root.slice('docs'.length)}/${page}` }
}

function readmesOf(folder: string, title: (name: string) => string): Item[] {
  return readdirSync(repository + folder)
    .filter((name) => name !== 'test-support')
    .filter((name) => globSync(`${folder}/${name}/README.md`, { cwd: repository }).length > 0)
    .map((name) => ({ text: title(name), link: `/${folder}/${name}` }))
}

const read = (file: string) => readFileSync(repository + file, 'utf8')
const firstLine = (text: string) => text.slice(0, text.indexOf('\n'))

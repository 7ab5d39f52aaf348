import { dirname, relative, resolve } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { pageOf, repository } from './pages.ts'

interface Token {
  readonly type: string
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}

/**
 * Points links between files of the repository at the pages of the site. A file that is not a page keeps its name, without
 * a link. READMEs, which npm shows too, name a page as code, `docs/guides/hooks.md`: that becomes a link.
 */
export function linkPages(md: MarkdownRenderer): void {
  md.core.ruler.push('links', ({ tokens, env, Token }) => {
    // `path` is where the page is on the site; the search index, which reads the files, has no `realPath`.
    const file = env.realPath ?? env.path
    for (const block of tokens) {
      if (!block.children) continue
      linkInline(block.children, file)
      block.children = block.children.flatMap((token) => {
        const page = token.type === 'code_inline' ? token.content.match(NAMED_PAGE) : null
        const to = page && pageOf(page[1] ?? '')
        if (!page || !to) return [token]
        const open = new Token('link_open', 'a', 1)
        open.attrSet('href', `/${to}${page[2] ?? ''}`)
        return [open, token, new Token('link_close', 'a', -1)]
      })
    }
  })
}

const NAMED_PAGE = /^(docs\/[\w/-]+\.md)(#[\w-]+)?$/

function linkInline(tokens: Token[], file: string): void {
  let isRemoved = false
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const link = siteLink(token.attrGet('href') ?? '', file)
      isRemoved = link === undefined
      if (link !== undefined) token.attrSet('href', link)
      else remove(token)
    } else if (token.type === 'link_close' && isRemoved) {
      remove(token)
      isRemoved = false
    }
  }
}

/** The link on the site for one in a file, such as `/guides/hooks.md#solid`. `undefined` if its target is not a page. */
export function siteLink(href: string, file: string): string | undefined {
  const [target = '', anchor] = href.split('#')
  if (/^([a-z]+:|\/|$)/.test(target)) return href
  const page = pageOf(relative(repository, resolve(dirname(file), target)))
  return page && `/${page}${anchor ? `#${anchor}` : ''}`
}

const remove = (token: Token) => Object.assign(token, { type: 'text', tag: '', content: '', nesting: 0 })

/** The anchor of a heading, as GitHub has it: the files are read there too. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-')

import type { MarkdownRenderer } from 'vitepress'

/** The page whose tables start with error codes. */
const ERRORS_PAGE = 'reference/errors.md'

/** Gives each error code's row an anchor, `/reference/errors#forbidden`: an error's message leads to it. */
export function anchorCodes(md: MarkdownRenderer): void {
  md.core.ruler.push('error-codes', ({ tokens, env, Token }) => {
    if (!env.relativePath?.endsWith(ERRORS_PAGE)) return
    let isOfCodes = false
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'thead_open') isOfCodes = tokens[index + 3]?.content === 'Code'
      const inline = tokens[index + 2]
      const [code, ...rest] = inline?.children ?? []
      const isFirstCell = isOfCodes && token.type === 'tr_open' && tokens[index + 1]?.type === 'td_open'
      if (!isFirstCell || !inline || code?.type !== 'code_inline' || rest.length > 0) continue
      token.attrSet('id', code.content)
      const link = new Token('link_open', 'a', 1)
      link.attrSet('href', `#${code.content}`)
      inline.children = [link, code, new Token('link_close', 'a', -1)]
    }
  })
}

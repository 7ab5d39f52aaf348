import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  /** Path of its page, such as `docs/guides/client.md`. */
  page: string
  /** Line of its first line of code, from 1. */
  line: number
  /** Name from a first line such as `// leads.ts: …`; other blocks of the page can import it. */
  file: string
  code: string
}

/** Pages for users, without those that the site generates. Every ```ts block in them has to compile. */
export const pages = globSync(['README.md', 'packages/*/README.md', 'examples/README.md', 'docs/**/*.md'], {
  cwd: root,
  exclude: (path) => path.includes('node_modules') || ['docs/api', 'docs/changelog.md'].includes(path),
}).sort()

export function readPage(page: string): string {
  return readFileSync(root + page, 'utf8')
}

export function codeBlocks(page: string): CodeBlock[] {
  const text = readPage(page)
  return [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length + 1
    const file = code.match(/^\/\/ ([\w-]+\.tsx?)\b/)?.[1] ?? `line-${line}.${language}`
    return { page, line, file, code }
  })
}

import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { repository } from '../pages.ts'
import { packages } from './entries.ts'

/** A page of the reference: with a description, and with links to the pages that docstrings name. */
export function pageText(specifier: string, url: string, contents: string): string {
  const about =
    packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`))?.description ?? ''
  const text = contents.replace(/^(# .*\n+)(?=## )/, `$1${about}\n\n`)
  return `${matter(specifier, `Every export of ${specifier}. ${about}`)}${linkDocs(text, url)}`
}

/** The page that lists all others. */
export function indexText(): string {
  const sections = packages.map(({ name, description, entries }) => {
    const links = entries.map(({ specifier, page }) => `- [\`${specifier}\`](${page}.md)`)
    return `## ${name}\n\n${description}\n\n${links.join('\n')}\n`
  })
  const about = 'Every public export of every package, from its docstrings.'
  return `${matter('API reference', about)}# API reference\n\n${about}\n\n${sections.join('\n')}`
}

const matter = (title: string, description: string) =>
  `---\ntitle: ${JSON.stringify(title)}\ndescription: ${JSON.stringify(description)}\npageClass: api\n---\n\n`

/** Makes a link of `docs/guides/runs.md#stop`, as docstrings name a page. */
function linkDocs(contents: string, url: string): string {
  return contents.replace(
    /(?<![\w/(])docs\/([\w-]+\/[\w-]+\.md)(#[\w-]+)?/g,
    (_, page: string, anchor = '') => {
      const [, title = page] = readFileSync(`${repository}docs/${page}`, 'utf8').match(/^# (.+)$/m) ?? []
      return `[${title}](${relative(dirname(`api/${url}`), page)}${anchor})`
    },
  )
}

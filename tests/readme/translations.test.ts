import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readPage } from './code-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const translations = globSync('docs/zh/**/*.md', { cwd: root }).sort()

const fences = (text: string) => text.match(/^```[\s\S]*?^```$/gm)
const outline = (text: string) =>
  [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+(?= )/gm)].map(([level]) => level)
const rows = (text: string) => text.match(/^\|.*\|$/gm)?.length
const frontMatter = (text: string, name: string) =>
  text.match(new RegExp(`^${name}: '?([^'\\n]*)'?$`, 'm'))?.[1] ?? ''
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

it('there is a translation of the landing page, the start, the guide for one person and the lead desk', () => {
  expect(translations).toEqual(
    expect.arrayContaining([
      'docs/zh/examples/lead-desk.md',
      'docs/zh/guides/notify-one-person.md',
      'docs/zh/index.md',
      'docs/zh/start/getting-started.md',
    ]),
  )
})

describe.each(translations)('the translation %s', (page) => {
  const text = readPage(page)
  const source = frontMatter(text, 'source')
  const original = readPage(source)

  it('names the page it translates', () => {
    expect([page.replace('docs/zh/', 'docs/'), 'examples/lead-desk/README.md']).toContain(source)
  })

  it('has the code blocks, the headings and the rows of tables of its source', () => {
    expect(fences(text)).toEqual(fences(original))
    expect(outline(text)).toEqual(outline(original))
    expect(rows(text)).toBe(rows(original))
  })

  it('was read again since its source was changed', () => {
    const hash = hashOf(original)
    const todo = `${source} has changed. Translate the change in ${page} (see git log -p ${source}), then write sourceHash: '${hash}' there.`
    expect(frontMatter(text, 'sourceHash'), todo).toBe(hash)
  })
})

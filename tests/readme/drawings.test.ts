import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { pages, readPage } from './code-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const drawings = globSync('docs/public/drawings/*.svg', { cwd: root }).sort()
const images = pages.flatMap((page) => [...readPage(page).matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)])

describe.each(drawings)('the drawing %s', (file) => {
  const svg = readFileSync(root + file, 'utf8')

  it('has a title, a description and colours for a dark page', () => {
    expect(svg).toMatch(/<title id="title">[^<]{5,}<\/title>/)
    expect(svg).toMatch(/<desc id="desc">[^<]{50,}<\/desc>/)
    expect(svg).toContain('@media (prefers-color-scheme: dark)')
  })

  it('is on a page, with a text for those who do not see it', () => {
    const shown = images.filter(([, , target = '']) => basename(target) === basename(file))
    expect(shown).not.toEqual([])
    for (const [, text = ''] of shown) expect(text.length).toBeGreaterThan(50)
  })
})

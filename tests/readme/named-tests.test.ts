import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { pages, readPage } from './code-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Links to a file with tests, or with a table of them: the text is a test's name. */
const LINK = /\[([^\]`]+)\]\(([^)\s]+(?:\.test\.tsx?|hostile\/attacks\/[\w-]+\.ts))\)/g

const named = pages.flatMap((page) =>
  [...readPage(page).matchAll(LINK)].map(([, name = '', file = '']) => ({
    name,
    file: join(dirname(page), file),
  })),
)

describe('a test that a page names', () => {
  it('exists in the file that the page links', () => {
    expect(named.length).toBeGreaterThan(30)
    // In the sources an apostrophe may be escaped.
    const missing = named.filter(({ name, file }) => !readFileSync(root + file, 'utf8').includes(name))
    expect(missing).toEqual([])
  })
})

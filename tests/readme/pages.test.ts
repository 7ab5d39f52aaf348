import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SSE_ERRORS } from '@sse/contract'
import { describe, expect, it } from 'vitest'
import { codeBlocks, pages, readPage } from './code-blocks.ts'
import { writeBlocks } from './write-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const TEMPLATES = 'packages/create-sse/templates'
/** The template that a page is about. */
const templateOf = (page: string) => {
  const name = /^docs\/start\/([\w-]+)\.md$/.exec(page)?.[1] ?? ''
  return existsSync(`${root}${TEMPLATES}/${name}/package.json`) ? name : undefined
}
/** The code of a template's page is compiled in the template, and that of a translation is its source's. */
const isCompiled = (page: string) => templateOf(page) === undefined && !page.startsWith('docs/zh/')
const blocks = pages.filter(isCompiled).flatMap(codeBlocks)

it('every ```ts block of every page compiles', () => {
  const folder = writeBlocks('pages', blocks)
  const require = createRequire(import.meta.url)
  const tsc = join(dirname(require.resolve('typescript7/package.json')), 'bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(blocks.length).toBeGreaterThan(20)
})

it.each(pages.filter(templateOf))('%s has the command and the files of its template', (page) => {
  const template = templateOf(page)
  const text = readPage(page)
  expect(text).toContain(`npm create sse@latest my-app -- --template ${template}\n`)
  const files = [...text.matchAll(/^```(?:tsx?|js|mjs|vue|svelte|astro|jsonc|yaml)\n([\s\S]*?)^```$/gm)].map(
    ([, code = '']) => {
      const [first = '', ...rest] = code.split('\n')
      return { file: /^(?:\/\/|<!--|#) (\S+)/.exec(first)?.[1] ?? '', code: rest.join('\n') }
    },
  )
  expect(files.length).toBeGreaterThan(2)
  for (const { file, code } of files)
    expect(code, file).toBe(readFileSync(`${root}${TEMPLATES}/${template}/${file}`, 'utf8'))
})

describe.each(pages)('the links of %s', (page) => {
  const links = [...readPage(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link as string)
  it('lead to files and headings that exist', () => {
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      return !existsSync(root + target) || (anchor !== undefined && !anchors(target).includes(anchor))
    })
    expect(broken).toEqual([])
  })
})

it('every template has a page', () => {
  const templates = globSync('*/package.json', { cwd: `${root}${TEMPLATES}` }).map(dirname)
  expect(templates.filter((name) => !existsSync(`${root}docs/start/${name}.md`))).toEqual([])
})

it('every page and heading that a source file names exists', () => {
  const named = globSync(['packages/*/src/**/*.ts', 'bench/*.ts', 'tests/*/*.ts'], { cwd: root }).flatMap(
    (file) =>
      [...readFileSync(root + file, 'utf8').matchAll(/docs\/[\w/-]+\.md(?:#[\w-]+)?/g)].map(([link]) => link),
  )
  expect(named).not.toEqual([])
  const broken = named.filter((link) => {
    const [page = '', anchor] = link.split('#')
    if (page === 'docs/changelog.md') return false // the site writes it
    return !existsSync(root + page) || (anchor !== undefined && !anchors(page).includes(anchor))
  })
  expect(broken).toEqual([])
})

const errorsPage = 'docs/reference/errors.md'

it('the errors page has one row for every code, with its kind and status', () => {
  const rows = [...readPage(errorsPage).matchAll(/^## Kind `(\w+)`$([\s\S]*?)(?=^## |(?![\s\S]))/gm)].flatMap(
    ([, kind, section = '']) =>
      [...section.matchAll(/^\| `(\w+)` \| (\d+) \| \S.* \| \S.* \|$/gm)].map(([, code, status]) => ({
        code,
        kind,
        status: Number(status),
      })),
  )
  expect(rows).toEqual(Object.entries(SSE_ERRORS).map(([code, known]) => ({ code, ...known })))
})

it('every code that the sources give an error is in the table of codes', () => {
  const thrown = globSync('packages/*/src/**/*.ts', { cwd: root, exclude: ['**/*.test*.ts'] }).flatMap(
    (file) =>
      [...readFileSync(root + file, 'utf8').matchAll(/(?:SseError|refuse)\(\s*'(\w+)'/g)].map(
        ([, code = '']) => code,
      ),
  )
  expect(thrown).not.toEqual([])
  expect([...new Set(thrown)].filter((code) => !Object.hasOwn(SSE_ERRORS, code))).toEqual([])
})

it('the index links every page of the documentation', () => {
  const linked = [...readPage('docs/README.md').matchAll(/\]\(([^)\s]+\.md)\)/g)].map(
    ([, link]) => `docs/${link}`,
  )
  // Neither the site's landing page nor a translation.
  const all = pages.filter((page) => /^docs\/\w+\//.test(page) && !page.startsWith('docs/zh/'))
  expect(all.filter((page) => !linked.includes(page))).toEqual([])
})

/** Anchors of a page's headings, as GitHub generates them, and of the error codes, as the site does. */
function anchors(page: string): string[] {
  const codes = page === errorsPage ? Object.keys(SSE_ERRORS) : []
  const headings = [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
  return [...headings, ...codes]
}

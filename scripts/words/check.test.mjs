import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkWords, findWords, WORDS } from './check.mjs'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'words-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(file, text) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

it.each(Object.keys(WORDS))('finds "%s" with its line, in any case, and says what to write', (word) => {
  const [found, ...more] = findWords('a.ts', `const a = 1\n// Here ${word.toUpperCase()}, twice.\n`)
  expect(found).toEqual({ where: 'a.ts:2', word, instead: WORDS[word] })
  expect(more).toEqual([])
})

it('finds a phrase that a line break divides, also in a comment', () => {
  const text = ' * The feed goes\n * on.\n// a folder of\n// its own\n> it is\n> told\n'
  expect(findWords('a.ts', text).map(({ where, word }) => `${where} ${word}`)).toEqual([
    'a.ts:1 goes on',
    'a.ts:3 of its own',
    'a.ts:5 is told',
  ])
})

it('accepts words that only contain one of them', () => {
  expect(findWords('a.ts', 'renewal, anewx, undergoes one, this told')).toEqual([])
})

it('reads product code and pages, and neither tests nor what is installed', () => {
  const read = [
    'packages/server/src/a.ts',
    'packages/server/README.md',
    'docs/guides/hub.md',
    'README.md',
    'examples/vue/src/App.vue',
  ]
  const leftOut = [
    'packages/server/src/a.test.ts',
    'packages/server/src/a.test-d.ts',
    'packages/server/src/fixtures/a.ts',
    'packages/server/dist/a.ts',
    'packages/test-support/src/a.ts',
    'tests/a.test.ts',
    'examples/vue/node_modules/x/README.md',
  ]
  for (const file of [...read, ...leftOut]) write(file, 'nobody\n')
  expect(checkWords(root).map(({ where }) => where)).toEqual(read.map((file) => `${file}:1`).sort())
})

it('fails and prints each use when it is run', () => {
  write('README.md', 'It goes on.\n')
  const script = resolve(import.meta.dirname, 'check.mjs')
  const failing = spawnSync(process.execPath, [script, root], { encoding: 'utf8' })
  expect(failing.status).toBe(1)
  expect(failing.stderr).toContain('README.md:1  "goes on": write "continues", or "resumes"')
  rmSync(root, { recursive: true })
  mkdirSync(root)
  const passing = spawnSync(process.execPath, [script, root], { encoding: 'utf8' })
  expect([passing.status, passing.stdout]).toEqual([0, 'words: 0 to replace\n'])
})

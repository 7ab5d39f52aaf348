// Finds words that CONTRIBUTING.md replaces, in the code that users read and in every page.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Each word or phrase, and what to write instead. */
export const WORDS = {
  whoever: 'name the subject: the client, the subscriber, the caller',
  nobody: 'name what is missing: no client, no listener, no subscriber',
  somebody: 'name the subject: a user, a client, another process',
  anew: '"again", or "from the start"',
  'of its own': '"its own …", or "separate"',
  'goes on': '"continues", or "resumes"',
  'is told': '"is notified", or "receives"',
  'says none': 'say what is missing: "has no …", "without …"',
}

const SOURCES = ['packages/*/src/**/*.{ts,tsx}']
const PAGES = [
  '*.md',
  'docs/**/*.md',
  'packages/*/README.md',
  'examples/**/*.{md,ts,tsx,mjs,vue,svelte,css,html}',
]
/** Tests, what they share, and what is not in Git. */
const LEFT_OUT =
  /node_modules|\/dist\/|\.test(-d)?\.tsx?$|\/fixtures\/|^packages\/test-support\/|^docs\/(api\/|changelog\.md)/

/** Resolves with every use in `root`, as `{ where, word, instead }`. */
export function checkWords(root) {
  const files = globSync([...SOURCES, ...PAGES], { cwd: root, exclude: (name) => name === 'node_modules' })
  return files
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !LEFT_OUT.test(file))
    .sort()
    .flatMap((file) => findWords(file, readFileSync(join(root, file), 'utf8')))
}

/** Returns every use in a text. A phrase is also found where a line break, and the sign of a comment, divides it. */
export function findWords(file, text) {
  return Object.entries(WORDS)
    .flatMap(([word, instead]) => {
      const pattern = new RegExp(`\\b${word.replaceAll(' ', '(?:\\s+(?:(?:\\*|//|>)\\s+)?)')}\\b`, 'gi')
      return [...text.matchAll(pattern)].map(({ index }) => ({ index, word, instead }))
    })
    .sort((a, b) => a.index - b.index)
    .map(({ index, word, instead }) => ({
      where: `${file}:${text.slice(0, index).split('\n').length}`,
      word,
      instead,
    }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = checkWords(resolve(process.argv[2] ?? '.'))
  for (const { where, word, instead } of found) console.error(`${where}  "${word}": write ${instead}`)
  console.log(`words: ${found.length} to replace`)
  process.exitCode = found.length > 0 ? 1 : 0
}

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const require = createRequire(import.meta.url)
const file = fileURLToPath(new URL('mistakes.ts', import.meta.url))
const base = fileURLToPath(new URL('../../tsconfig.base.json', import.meta.url))
const lines = readFileSync(file, 'utf8').split('\n')

/** The longest message a developer reads at a glance, without the contract that a hub's types repeat. */
const MAX_MESSAGE_CHARS = 180
const CONTRACT = /StreamContract<.*?>; }, .*?>/g

interface Mistake {
  line: number
  message: string
  at: string
}

const mistakes = lines.flatMap((text, index): Mistake[] => {
  const [, message, at] = /^ *\/\/ → (.*?)\s*«(.*)»$/.exec(text) ?? []
  return message && at ? [{ line: index + 2, message, at }] : []
})

const folder = mkdtempSync(join(tmpdir(), 'sse-mistakes-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Diagnostic {
  line: number
  column: number
  /** The first line, then those that explain it. */
  message: string[]
}

function compile(typescript: string): Diagnostic[] {
  const config = join(folder, `${typescript}.json`)
  const typeRoots = [join(dirname(require.resolve('@types/node/package.json')), '..')]
  writeFileSync(config, JSON.stringify({ extends: base, compilerOptions: { typeRoots }, files: [file] }))
  const root = dirname(require.resolve(`${typescript}/package.json`))
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const tsc = join(root, bin.tsc ?? bin.tsc6)
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: dirname(file),
  })
  const found: Diagnostic[] = []
  for (const text of stdout.split('\n')) {
    const [, name, line, column, message] = /^(\S.*?)\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(text) ?? []
    if (message !== undefined) {
      expect(name, text).toMatch(/mistakes\.ts$/)
      found.push({ line: Number(line), column: Number(column), message: [message] })
    } else if (text.startsWith(' ')) found.at(-1)?.message.push(text.trim())
  }
  return found
}

describe.each([
  { typescript: 'typescript7', maxLines: 1 },
  // Versions before 7 repeat the argument's type before they say what is missing.
  { typescript: 'typescript', maxLines: 2 },
  { typescript: 'typescript5', maxLines: 2 },
])('a mistake compiled by $typescript', ({ typescript, maxLines }) => {
  const diagnostics = compile(typescript)

  it('is reported once, and nothing else is', () => {
    expect(diagnostics.map(({ line }) => line)).toEqual(mistakes.map(({ line }) => line))
  })

  it.each(mistakes)('line $line: $message', ({ line, message, at }) => {
    const diagnostic = diagnostics.find((each) => each.line === line)
    expect(diagnostic?.message.join(' ')).toContain(message)
    expect(diagnostic?.message.length).toBeLessThanOrEqual(maxLines)
    for (const text of diagnostic?.message ?? []) {
      expect(text.replaceAll(CONTRACT, '').length, text).toBeLessThanOrEqual(MAX_MESSAGE_CHARS)
    }
    expect(lines[line - 1]?.slice((diagnostic?.column ?? 1) - 1)).toMatch(new RegExp(`^${literally(at)}`))
  })
})

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

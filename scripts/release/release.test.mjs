import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const published = globSync('packages/*/package.json', { cwd: root }).filter(
  (file) => !JSON.parse(readFileSync(join(root, file), 'utf8')).private,
)

let folder
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-release-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function runScript(name, args, env = {}) {
  const { GITHUB_REPOSITORY: _, ...inherited } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, name), ...args], {
    cwd: folder,
    env: { ...inherited, ...env },
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

it('the release workflow writes the repository into every package that is published, and changes nothing else', () => {
  for (const file of published) cpSync(join(root, file), join(folder, file))
  mkdirSync(join(folder, 'packages/hidden'))
  writeFileSync(join(folder, 'packages/hidden/package.json'), '{"name":"hidden","private":true}')
  const { status, output } = runScript('add-repository.mjs', [], {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'acme/sse',
  })
  expect(status, output).toBe(0)
  for (const file of published) {
    const { repository, homepage, bugs, ...rest } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    const directory = dirname(file)
    expect(repository).toEqual({ type: 'git', url: 'git+https://github.com/acme/sse.git', directory })
    expect(homepage).toBe(`https://github.com/acme/sse/tree/main/${directory}#readme`)
    expect(bugs).toBe('https://github.com/acme/sse/issues')
    expect(rest).toEqual(JSON.parse(readFileSync(join(root, file), 'utf8')))
  }
  expect(readFileSync(join(folder, 'packages/hidden/package.json'), 'utf8')).not.toContain('acme')
})

it.each([[[]], [['acme/sse']], [['https://github.com/acme']], [['https://github.com/acme/sse; rm -rf']]])(
  'without the address of a repository it changes nothing: %j',
  (args) => {
    cpSync(join(root, published[0]), join(folder, published[0]))
    expect(runScript('add-repository.mjs', args).status).toBe(1)
    expect(readFileSync(join(folder, published[0]), 'utf8')).toBe(
      readFileSync(join(root, published[0]), 'utf8'),
    )
  },
)

it('every published package has what npm shows: a description, keywords, a licence and its page', () => {
  expect(published.length).toBeGreaterThan(15)
  for (const file of published) {
    const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'))
    expect(manifest.description, file).toMatch(/^[A-Z].{20,}\.$/)
    expect(manifest.keywords, file).toEqual(expect.arrayContaining(['sse', 'server-sent-events']))
    expect(manifest.license, file).toBe('MIT')
    expect(manifest.publishConfig.access, file).toBe('public')
    expect(readFileSync(join(root, dirname(file), 'README.md'), 'utf8'), file).toMatch(/^# /)
  }
})

it('the dry run lists what would be published, and fails on a version that differs', () => {
  const pack = (name, version) => {
    const source = join(folder, name)
    mkdirSync(source)
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version }))
    writeFileSync(join(source, 'index.js'), 'export {}\n')
    spawnSync('npm', ['pack', '--pack-destination', folder], { cwd: source })
  }
  pack('sse-dry-run-a', '1.2.3')
  pack('sse-dry-run-b', '1.2.3')
  const { status, output } = runScript('dry-run.mjs', [folder])
  expect(status, output).toBe(0)
  expect(output).toMatch(/^sse-dry-run-a +1\.2\.3 +2 +0\.\d kB +0\.\d kB$/m)
  expect(readFileSync(join(folder, 'contents.txt'), 'utf8')).toMatch(
    /^sse-dry-run-b@1\.2\.3\n +10 index\.js$/m,
  )
  pack('sse-dry-run-c', '1.2.4')
  const differing = runScript('dry-run.mjs', [folder])
  expect(differing.status).toBe(1)
  expect(differing.output).toContain('the versions differ')
  expect(runScript('dry-run.mjs', [join(folder, 'sse-dry-run-a')]).output).toContain('there is no tarball')
})

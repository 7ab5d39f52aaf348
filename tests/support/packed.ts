import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { cleanEnv, runNpm } from './npm.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed tarballs. */
    tarballs: string[]
    /** A project outside the repository that has installed them, and nothing else. */
    installed: string
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = [
  'packages/*/src/**/*.ts',
  'packages/*/*.{json,ts,md}',
  'tsconfig*.json',
  'tsup.shared.ts',
  'pnpm-lock.yaml',
]
const TEMPLATES = 'packages/create-sse/templates'

/** Builds and packs once for all tests of this project; what was packed from the same sources is used again. */
export default function setup(project: TestProject): () => void {
  const { own } = packed()
  const installed = install(own)
  project.provide('tarballs', own)
  project.provide('installed', installed)
  return () => rmSync(installed, { recursive: true, force: true })
}

/** The packed tarballs: of `@sse/*`, and of `create-sse`. */
export function packed(): { own: string[]; creator: string[] } {
  const tarballs = pack()
  const own = tarballs.filter((file) => basename(file).startsWith('sse-'))
  return { own, creator: tarballs.filter((file) => !own.includes(file)) }
}

/** Installs tarballs with npm in a new folder outside the repository. Returns the folder. */
export function install(tarballs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-installed-'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  const { status, output } = runNpm(['install', ...tarballs], folder)
  if (status !== 0) throw new Error(`npm install failed\n${output}`)
  return folder
}

function pack(): string[] {
  const sources = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root })).sort()
  const hash = createHash('sha256')
  for (const file of [...sources, ...templateFiles()])
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
  const cache = join(root, 'node_modules/.cache/tarballs')
  const folder = join(cache, hash.digest('hex').slice(0, 16))
  if (!existsSync(folder)) {
    if (!isBuilt(sources)) run('pnpm', ['build'], root)
    rmSync(cache, { recursive: true, force: true })
    const unfinished = `${folder}.${process.pid}`
    mkdirSync(unfinished, { recursive: true })
    const packages = ['--filter', './packages/*', '--filter', '!@sse/test-support']
    run('pnpm', [...packages, 'exec', 'pnpm', 'pack', '--pack-destination', unfinished], root)
    renameSync(unfinished, folder)
  }
  return globSync('*.tgz', { cwd: folder }).map((name) => join(folder, name))
}

/** Without what a run of a template in its place has left there. */
function templateFiles(): string[] {
  const leaveOut = (name: string) => /^(\..+|node_modules|dist|build)$/.test(basename(name))
  return globSync(`${TEMPLATES}/**/*.*`, { cwd: root, exclude: leaveOut }).sort()
}

function isBuilt(sources: readonly string[]): boolean {
  const newest = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs))
  // What is not published, such as the test helpers, has no build.
  const published = globSync('packages/*/tsup.config.ts', { cwd: root }).map((file) => dirname(file))
  return published.every((folder) =>
    ['index.js', 'index.d.ts'].every((name) => {
      const file = join(root, folder, 'dist', name)
      return existsSync(file) && statSync(file).mtimeMs > newest
    }),
  )
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: cleanEnv(),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${error ?? ''}${stdout}${stderr}`)
}

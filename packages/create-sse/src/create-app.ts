import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CreateError } from './create-error.ts'
import type { PackageManager } from './package-manager.ts'
import type { Template } from './templates.ts'

export interface CreateOptions {
  /** Absolute path of the app's folder: missing or empty. */
  readonly target: string
  readonly template: Template
  /** Folder with packed packages to install instead of those of the registry. */
  readonly tarballs?: string | undefined
  /** Which package manager will install it. */
  readonly manager: PackageManager
}

/** What a template has in its folder once it was run there: not part of it. */
const LEFT_BY_RUNS = new Set([
  'node_modules',
  'dist',
  'build',
  '.next',
  '.nuxt',
  '.output',
  '.svelte-kit',
  '.astro',
  '.react-router',
  '.tanstack',
  '.wrangler',
  '.angular',
])

/** Writes the files of the app. */
export function createApp({ target, template, tarballs, manager }: CreateOptions): void {
  const packages = tarballs === undefined ? readVersion() : readTarballs(resolve(tarballs))
  mkdirSync(dirname(target), { recursive: true })
  cpSync(template.folder, target, {
    recursive: true,
    filter: (file) =>
      // Of the names below the template: the package itself is in a folder called node_modules.
      !file
        .slice(template.folder.length)
        .split(/[\\/]/)
        .some((name) => LEFT_BY_RUNS.has(name) || /\.(db(-\w+)?|tsbuildinfo)$/.test(name)),
  })
  // npm leaves a .gitignore out of a package.
  renameSync(join(target, '_gitignore'), join(target, '.gitignore'))
  const file = join(target, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const { description: _, ...rest } = { ...manifest, name: basename(target) }
  writeFileSync(file, `${JSON.stringify(withPackages(rest, packages), null, 2)}\n`)
  writePnpmSettings(target, manager === 'pnpm', packages)
}

/** Where each package of `@sse` comes from: a range, or a path by name. */
type Packages = string | ReadonlyMap<string, string>

interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  overrides?: Record<string, string>
}

function withPackages(manifest: Manifest, packages: Packages): Manifest {
  const used = new Set<string>()
  const replace = (dependencies: Record<string, string> = {}) =>
    Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => {
        if (!range.startsWith('workspace:')) return [name, range]
        used.add(name)
        return [name, typeof packages === 'string' ? packages : pathOf(packages, name)]
      }),
    )
  const replaced: Manifest = {
    ...manifest,
    ...(manifest.dependencies && { dependencies: replace(manifest.dependencies) }),
    ...(manifest.devDependencies && { devDependencies: replace(manifest.devDependencies) }),
  }
  // The packages need each other: npm must take those, too, from the folder.
  if (typeof packages !== 'string')
    replaced.overrides = { ...manifest.overrides, ...Object.fromEntries(packages) }
  return replaced
}

function pathOf(packages: ReadonlyMap<string, string>, name: string): string {
  const path = packages.get(name)
  if (!path) throw new CreateError(`There is no tarball of ${name} in the folder of --tarballs.`, 2)
  return path
}

/**
 * Writes what pnpm reads in another file than npm: the template's settings, such as which packages may run install
 * scripts, and overrides. Other package managers do not get the file.
 */
function writePnpmSettings(target: string, isPnpm: boolean, packages: Packages): void {
  const file = join(target, '_pnpm-workspace.yaml')
  const settings = existsSync(file) ? readFileSync(file, 'utf8') : ''
  rmSync(file, { force: true })
  const lines = [...(typeof packages === 'string' ? [] : packages)].map(
    ([name, path]) => `  ${JSON.stringify(name)}: ${JSON.stringify(path)}\n`,
  )
  const overrides = lines.length > 0 ? `overrides:\n${lines.join('')}` : ''
  if (isPnpm && settings + overrides) writeFileSync(join(target, 'pnpm-workspace.yaml'), settings + overrides)
}

/** All packages of a release have the same version. */
function readVersion(): string {
  return `^${JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version}`
}

function readTarballs(folder: string): ReadonlyMap<string, string> {
  const found = globSync('sse-*.tgz', { cwd: folder })
  if (found.length === 0) throw new CreateError(`There is no packed package (sse-*.tgz) in ${folder}.`, 2)
  return new Map(
    found.map((file) => [
      `@sse/${/^sse-(.+?)-\d/.exec(file)?.[1]}`,
      `file:${join(folder, file).replaceAll('\\', '/')}`,
    ]),
  )
}

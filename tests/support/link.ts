import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder whose `node_modules` has a package: this workspace's package, unless another is named. */
const tests = fileURLToPath(new URL('..', import.meta.url))

/**
 * Copies an installed project, and adds `names`, which this workspace has already: no second download.
 *
 * @param workspace Folder of the workspace package that depends on `names`, relative to `tests`.
 */
export function withPackages(installed: string, names: readonly string[], workspace = '.'): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-installed-'))
  cpSync(installed, folder, { recursive: true })
  linkPackages(folder, names, workspace)
  return folder
}

/** Adds packages of this workspace to a project. A package that the project has already stays. */
export function linkPackages(folder: string, names: readonly string[], workspace = '.'): void {
  for (const name of names) {
    const link = join(folder, 'node_modules', name)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(tests, workspace, 'node_modules', name)), link, 'junction')
  }
}

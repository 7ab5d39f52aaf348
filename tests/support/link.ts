import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('../node_modules', import.meta.url))

/**
 * A copy of an installed project that also has `names`, which this workspace has already: no second download.
 */
export function withPackages(installed: string, names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-installed-'))
  cpSync(installed, folder, { recursive: true })
  for (const name of names) {
    const link = join(folder, 'node_modules', name)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(here, name)), link, 'junction')
  }
  return folder
}

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Debian installs servers into folders that are not on the PATH of an ordinary user. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

/**
 * Returns the path of a program. For a missing program it prints a
 * warning and returns `undefined`, so that tests can use `describe.skipIf(!path)`. With `CI` set it throws instead.
 */
export function requireProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), ...SYSTEM_FOLDERS]
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
  return candidates.find(isExecutable) ?? missing(name)
}

/** Returns the path of Debian's Python if it has all `modules`. Otherwise the same as `requireProgram`. */
export function requirePython(...modules: string[]): string | undefined {
  const python = requireProgram('/usr/bin/python3')
  if (!python) return undefined
  const { status } = spawnSync(python, ['-c', `import ${modules.join(', ')}`])
  return status === 0 ? python : missing(`python3 with ${modules.join(', ')}`)
}

/** Warns that something is not installed and its tests are skipped. With `CI` set it throws. */
export function missing(what: string): undefined {
  const message = `${what}: not found`
  if (process.env.CI) throw new Error(message)
  console.warn(`\nSKIPPED ${message}\n`)
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

/** Created by `.ci/python`. */
const VENV_PYTHON = fileURLToPath(new URL('../../../.cache/python/bin/python3', import.meta.url))

/**
 * Returns the path of the Python that has today's FastAPI and sse-starlette, which Debian does not have. Where its
 * packages could not be installed (`WITHOUT_PYTHON_PACKAGES`), it warns and returns `undefined`, with `CI` too.
 */
export function requirePythonPackages(): string | undefined {
  if (isExecutable(VENV_PYTHON)) return VENV_PYTHON
  const what = 'Python with the packages that .ci/python installs'
  return process.env.WITHOUT_PYTHON_PACKAGES ? warn(what) : missing(what)
}

/** Warns that something is not installed and its tests are skipped. With `CI` set it throws. */
export function missing(what: string): undefined {
  if (process.env.CI) throw new Error(`${what}: not found`)
  return warn(what)
}

function warn(what: string): undefined {
  console.warn(`\nSKIPPED ${what}: not found\n`)
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

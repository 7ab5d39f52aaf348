import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { missing } from '@sse/test-support/require-program'

const require = createRequire(import.meta.url)

/** The file in a package of this workspace; a package that is not there is said once, and fails in CI. */
export function requireFile(name: string, file: string): string | undefined {
  return resolveFile(require, name, file) ?? missing(name)
}

/**
 * The file in whichever of a package's optional dependencies fits this machine: the binary itself, so that no
 * install script has to run.
 */
export function requireBinary(name: string, file: string): string | undefined {
  const manifest = resolveFile(require, name, 'package.json')
  if (!manifest) return missing(name)
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
  const near = createRequire(manifest)
  const files = Object.keys(optionalDependencies).map((each) => resolveFile(near, each, file))
  return files.find((path) => path !== undefined) ?? missing(`${name} for ${process.platform}`)
}

function resolveFile(from: NodeJS.Require, name: string, file: string): string | undefined {
  try {
    const path = join(dirname(from.resolve(`${name}/package.json`)), file)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

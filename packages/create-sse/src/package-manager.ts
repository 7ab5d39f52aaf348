import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

const MANAGERS = ['npm', 'pnpm', 'yarn', 'bun'] as const
export type PackageManager = (typeof MANAGERS)[number]

/** Which package manager runs this, as each says of itself; `npm` if none does. */
export function readPackageManager(userAgent = ''): PackageManager {
  return MANAGERS.find((name) => userAgent.startsWith(`${name}/`)) ?? 'npm'
}

/** Characters of a package manager's output that are shown when it fails. */
const SHOWN_CHARACTERS = 3_000

/** Runs it in a folder. Resolves with the end of its output, or the reason, if it fails. */
export function runPackageManager(
  manager: PackageManager,
  args: readonly string[],
  cwd: string,
  stdio: 'pipe' | 'inherit' = 'pipe',
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const isWindows = process.platform === 'win32'
    // On Windows they are .cmd files, which only a shell runs. The arguments are our own.
    const child = spawn(manager, args, { cwd, stdio: ['ignore', stdio, stdio], shell: isWindows })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        output = (output + part).slice(-SHOWN_CHARACTERS)
      })
    }
    child.on('error', (error) => resolve(`${manager} cannot be started: ${error.message}`))
    child.on('close', (code) => resolve(code === 0 ? undefined : stripVTControlCharacters(output).trim()))
  })
}

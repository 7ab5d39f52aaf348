import { spawnSync } from 'node:child_process'

// pnpm tells its scripts of its own settings in ways that npm misreads; where to download from stays.
const OF_PNPM = /^npm_(?!config_(registry|userconfig|cache|proxy|https?_proxy|noproxy|cafile)$)/i

/** The environment for a package manager that a test starts. */
export const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_PNPM.test(name)))

/** Runs npm in a folder, without install scripts. */
export function runNpm(args: readonly string[], cwd: string): { status: number | null; output: string } {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status, stdout, stderr, error } = spawnSync('npm', [...args, ...quiet], {
    cwd,
    env: cleanEnv(),
    encoding: 'utf8',
  })
  return { status, output: `${error ?? ''}${stdout}${stderr}` }
}

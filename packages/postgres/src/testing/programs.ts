import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const DEBIAN = '/usr/lib/postgresql'

/** The folder of `initdb` and its like: Debian keeps them off PATH, one for each version. */
function findBin(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  const folders = [process.env.POSTGRES_BIN, newest && join(DEBIAN, newest, 'bin')]
  return [...folders, ...(process.env.PATH ?? '').split(':')].find(
    (folder) => folder && existsSync(join(folder, 'initdb')),
  )
}

const bin = findBin()

/** Whether there is a server to test with. In CI there has to be one. */
export const hasPostgres: boolean = isThere(bin !== undefined, 'postgresql')
export const hasPgbouncer: boolean = isThere(existsSync('/usr/sbin/pgbouncer'), 'pgbouncer')

function isThere(isInstalled: boolean, name: string): boolean {
  if (isInstalled) return true
  const message = `${name} is not installed: tests of @sse/postgres cannot run (Debian: ${name})`
  if (process.env.CI) throw new Error(message)
  console.warn(`\n!!! ${message}\n`)
  return false
}

export const program = (name: string): string => join(bin ?? '', name)

const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))

/** Neither program runs as root. */
export const asUser: { uid?: number; gid?: number } =
  process.getuid?.() === 0 && bin !== undefined ? { uid: idOf('-u'), gid: idOf('-g') } : {}

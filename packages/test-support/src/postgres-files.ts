import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asUser, program } from './postgres-programs.ts'

const cache = fileURLToPath(new URL('../../../node_modules/.cache/postgres/', import.meta.url))
const INITDB = ['-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8', '--locale=C']
const as = { stdio: 'ignore', cwd: '/', ...asUser } as const

/**
 * Creates the files of a new server as the folder `data`. `initdb` makes them once for each version and takes a second or
 * more; after that they are copied.
 */
export function createFiles(data: string): void {
  const version = execFileSync(program('initdb'), ['--version'], { encoding: 'utf8' })
  const template = join(cache, version.trim().replace(/\W+/g, '-'))
  if (existsSync(template)) return copy(template, data)
  execFileSync(program('initdb'), ['-D', data, ...INITDB], as)
  mkdirSync(cache, { recursive: true })
  const unfinished = `${template}.${process.pid}`
  copy(data, unfinished)
  try {
    renameSync(unfinished, template)
  } catch (error) {
    // Another process may have made it in the meantime.
    rmSync(unfinished, { recursive: true, force: true })
    if (!existsSync(template)) throw error
  }
}

/** Copies a folder with the owner and mode of each file. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-Rp', from, to], { stdio: 'ignore' })
}

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What signs the cookies: `LEAD_DESK_SECRET`, or one made at the first start and kept with the data, so that a
 * restart signs nobody out.
 */
export function readSecret(folder: string): string {
  const given = process.env.LEAD_DESK_SECRET
  if (given !== undefined && given.length < 32) {
    throw new Error('LEAD_DESK_SECRET is too short: give it 32 characters or more')
  }
  if (given) return given
  const file = join(folder, 'cookie-secret')
  try {
    writeFileSync(file, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8')
}

import { randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Person } from '../shared/person.ts'

const HASH_BYTES = 32

/** Everybody's, since this is a demo; the sign-in page shows it. */
export const DEMO_PASSWORD = 'show me leads'

const demoPeople: Person[] = [
  { id: 'dana', name: 'Dana', role: 'dispatcher' },
  { id: 'ada', name: 'Ada', role: 'sales' },
  { id: 'ben', name: 'Ben', role: 'sales' },
  { id: 'chloe', name: 'Chloe', role: 'sales' },
]

/** Inserts the demo's people into an empty database. */
export function seedPeople(db: DatabaseSync): void {
  if (allPeople(db).length > 0) return
  const insert = db.prepare('INSERT INTO people (id, name, role, password_hash) VALUES (?, ?, ?, ?)')
  for (const { id, name, role } of demoPeople) insert.run(id, name, role, hashPassword(DEMO_PASSWORD))
}

export function allPeople(db: DatabaseSync): Person[] {
  const rows = db.prepare('SELECT id, name, role FROM people ORDER BY role, name').all()
  return rows.map((row) => ({ ...row }) as unknown as Person)
}

export function findPerson(db: DatabaseSync, id: string): Person | undefined {
  const row = db.prepare('SELECT id, name, role FROM people WHERE id = ?').get(id)
  return row && ({ ...row } as unknown as Person)
}

/** Whether this is that person's password; `false` for a person who is not there. */
export async function isPasswordOf(db: DatabaseSync, id: string, password: string): Promise<boolean> {
  const row = db.prepare('SELECT password_hash FROM people WHERE id = ?').get(id)
  // Hashes for a stranger too: how long the answer takes does not tell who is there.
  const [salt = '', expected = ''] = String(row?.password_hash ?? '').split(':')
  const hash = await promisify<string, Buffer, number, Buffer>(scrypt)(
    password,
    Buffer.from(salt, 'base64'),
    HASH_BYTES,
  )
  const wanted = Buffer.from(expected, 'base64')
  return wanted.length === hash.length && timingSafeEqual(wanted, hash)
}

function hashPassword(password: string): string {
  const salt = randomBytes(16)
  return `${salt.toString('base64')}:${scryptSync(password, salt, HASH_BYTES).toString('base64')}`
}

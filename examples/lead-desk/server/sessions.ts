import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Person } from '../shared/person.ts'
import { findPerson } from './people.ts'

export const SESSION_SECONDS = 7 * 24 * 60 * 60
const TOKEN_BYTES = 32

/**
 * Sessions of signed-in people, in the app's database: they survive a restart, and signing out ends a session at once.
 * A token is 256 random bits. The database stores only its hash, so a copy of the database is no way in.
 */
export class Sessions {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
    db.exec(`
      CREATE TABLE IF NOT EXISTS sessions (
        token_hash TEXT PRIMARY KEY,
        person     TEXT NOT NULL REFERENCES people (id),
        -- Milliseconds since 1970.
        expires_at INTEGER NOT NULL
      ) STRICT;
    `)
  }

  /** Starts a session and returns its token, for the cookie. Removes expired sessions. */
  start(person: Person): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#db.prepare('DELETE FROM sessions WHERE expires_at < ?').run(Date.now())
    this.#db
      .prepare('INSERT INTO sessions (token_hash, person, expires_at) VALUES (?, ?, ?)')
      .run(hash(token), person.id, Date.now() + SESSION_SECONDS * 1_000)
    return token
  }

  /** Returns the person of a session that has not expired or ended. */
  find(token: string): Person | undefined {
    const row = this.#db
      .prepare('SELECT person FROM sessions WHERE token_hash = ? AND expires_at > ?')
      .get(hash(token), Date.now())
    return row && findPerson(this.#db, String(row.person))
  }

  end(token: string): void {
    this.#db.prepare('DELETE FROM sessions WHERE token_hash = ?').run(hash(token))
  }
}

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url')

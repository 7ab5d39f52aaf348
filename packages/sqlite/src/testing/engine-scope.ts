import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Engine, Entry, NewEntry } from '@sse/server'
import { afterEach } from 'vitest'
import { type SqliteEngine, type SqliteOptions, sqlite } from '../index.ts'

/** Real files in a folder of their own, and what is open on them: gone after each test. */
export function engineScope() {
  const folders: string[] = []
  const engines: Engine[] = []
  const databases: DatabaseSync[] = []
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close()
    for (const db of databases.splice(0)) if (db.isOpen) db.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  return {
    newFile(name = 'hub.db'): string {
      const folder = mkdtempSync(join(tmpdir(), 'sse-sqlite-'))
      folders.push(folder)
      return join(folder, name)
    },
    open(file: string, options?: SqliteOptions): SqliteEngine {
      const engine = sqlite(file, options)
      engines.push(engine)
      return engine
    },
    /** The app's own connection. */
    connect(file: string, sql = ''): DatabaseSync {
      const db = new DatabaseSync(file)
      databases.push(db)
      db.exec(sql)
      return db
    },
  }
}

export function lead(data: unknown, more: Partial<NewEntry> = {}): NewEntry {
  return { channel: 'leads', event: 'lead', data: JSON.stringify(data), ...more }
}

export const payloads = (entries: readonly Entry[]): unknown[] => entries.map(({ data }) => JSON.parse(data))

/** What a call fails with, as an app sees it. */
export async function failureOf(
  call: () => unknown,
): Promise<{ code: unknown; message: string; error: Error }> {
  try {
    await call()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { code: error.code, message: error.message, error }
    throw error
  }
  throw new Error('it did not fail')
}

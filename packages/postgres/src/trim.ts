import { finiteLimit, type Retention } from '@sse/server/engine-kit'
import type { Database } from './database.ts'

/** Removes up to 1,000 of the oldest entries that exceed a limit. @returns whether there may be more to remove. */
export async function trimPiece(database: Database, { maxEvents, maxAgeMs }: Retention): Promise<boolean> {
  const limits = [maxEvents, maxAgeMs].map((limit) => finiteLimit(limit) ?? null)
  const [row] = await database.query('keep', database.statements.trim, limits)
  return row?.[0] === true
}

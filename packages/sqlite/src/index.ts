export type { SqliteOptions } from './options.ts'
export { type SqliteEngine, sqlite } from './sqlite.ts'

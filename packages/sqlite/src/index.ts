export { type SqliteOptions, sqlite } from './sqlite.ts'
export type { SqliteEngine } from './sqlite-engine.ts'

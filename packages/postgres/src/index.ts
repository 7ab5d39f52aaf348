export type { PostgresTx, RunSql } from './insert.ts'
export type { PostgresOptions } from './options.ts'
export { type PostgresEngine, postgres } from './postgres.ts'

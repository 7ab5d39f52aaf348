export { postgres } from './postgres.ts'
export type { PostgresEngine, RunSql } from './postgres-engine.ts'
export type { PostgresOptions } from './postgres-options.ts'

/**
 * Dialects: streams for clients that know another protocol than this library's.
 *
 * @see docs/guides/dialects.md
 * @module
 */
export { aiSdk } from './ai-sdk.ts'
export type { StreamDialect } from './control-encoder.ts'
export { defineDialect } from './define-dialect.ts'
export type { Dialect, DialectEvents, PublicError } from './dialect.ts'
export { graphql } from './graphql.ts'
export { type PlainOptions, plain } from './plain.ts'

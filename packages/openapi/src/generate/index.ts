/**
 * Contracts from OpenAPI documents.
 *
 * @see docs/guides/openapi.md
 * @module
 */
export { type GeneratedContracts, type GenerateOptions, generateContracts } from './generate-contracts.ts'
export type { Unsupported } from './read-streams.ts'

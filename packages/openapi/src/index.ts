/**
 * Contracts as OpenAPI and AsyncAPI documents.
 *
 * @see docs/guides/openapi.md
 * @module
 */
export { type AsyncApiDocument, type AsyncApiOptions, toAsyncApi } from './async-api.ts'
export { type DocumentInfo, type OpenApiDocument, type OpenApiOptions, toOpenApi } from './open-api.ts'
export type { DocumentWarning } from './payload-schemas.ts'
export { serveDocument } from './serve-document.ts'
export type { DescribedStream, StreamInput } from './stream.ts'

/**
 * Contracts as OpenAPI and AsyncAPI documents.
 *
 * @see docs/guides/openapi.md
 * @module
 */
export {}

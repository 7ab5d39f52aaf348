/**
 * Contracts from OpenAPI documents.
 *
 * @see docs/guides/openapi.md
 * @module
 */
export {}

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SseError } from './error.ts'
import type { Json } from './json.ts'

/**
 * Returns a schema for types alone: no check at run time. The server passes `T`, and the client receives what JSON
 * carries of it: a `Date` arrives as `string`. See `Json`.
 *
 * @example
 * defineStream({ path: '/count', events: { count: type<number>() } })
 */
export function type<T>(): StandardSchemaV1<T, Json<T>> {
  return {
    '~standard': { version: 1, vendor: '@sse/contract', validate: (value) => ({ value: value as Json<T> }) },
  }
}

export type Validation =
  | { ok: true; value: unknown }
  | { ok: false; issues: readonly StandardSchemaV1.Issue[]; summary: string }

/**
 * Runs a Standard Schema on one payload.
 *
 * @throws {SseError} `schema_async` when the schema returns a promise. An event is checked in the call that
 * makes it; waiting would make the order of events depend on their validators.
 * @see https://standardschema.dev
 */
export function validate(schema: StandardSchemaV1, value: unknown, event: string): Validation {
  const result = schema['~standard'].validate(value)
  // Not `instanceof`: the promise may come from another realm or library.
  if ('then' in result) {
    result.then(undefined, () => {}) // its rejection must not be unhandled
    throw new SseError('schema_async', `Event "${event}" needs a synchronous schema`)
  }
  if (!result.issues) return { ok: true, value: result.value }
  return { ok: false, issues: result.issues, summary: result.issues.map(describe).join('; ') }
}

function describe({ message, path }: StandardSchemaV1.Issue): string {
  if (!path?.length) return message
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment))
  return `${keys.join('.')}: ${message}`
}

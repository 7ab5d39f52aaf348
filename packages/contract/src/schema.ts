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

const TEXT_VENDOR = '@sse/contract/text'
const LINE_END = /\r\n?/g
const HALF_PAIR = /\p{Surrogate}/u

/**
 * Returns a schema for a payload that is sent as it is, not as JSON: HTML for htmx, Turbo or Datastar, or the lines of
 * another protocol. The client receives the string.
 *
 * Server-Sent Events have one line end: CR LF and CR become LF, also in each part of a text that is split over several
 * events. Everything else arrives unchanged, also the empty text, spaces and NUL, which only Firefox's own `EventSource`
 * removes. Half a surrogate pair has no UTF-8 and is `payload_invalid`; `text.toWellFormed()` replaces it. In the log of
 * a hub, the text is stored as JSON.
 *
 * @example
 * defineStream({ path: '/rows', events: { row: text() } })
 * await hub.publish('rows', 'row', '<tr><td>Ada</td></tr>')
 */
export function text(): StandardSchemaV1<string, string> {
  return { '~standard': { version: 1, vendor: TEXT_VENDOR, validate: checkText } }
}

/** Returns whether a schema is that of `text()`, also of another copy of this package. */
export function isText(schema: StandardSchemaV1): boolean {
  return schema['~standard'].vendor === TEXT_VENDOR
}

function checkText(value: unknown): StandardSchemaV1.Result<string> {
  if (typeof value !== 'string') {
    return { issues: [{ message: `text() must be a string, not ${value === null ? 'null' : typeof value}` }] }
  }
  if (HALF_PAIR.test(value)) {
    return { issues: [{ message: 'text() must not contain half a surrogate pair; use text.toWellFormed()' }] }
  }
  return { value: value.includes('\r') ? value.replace(LINE_END, '\n') : value }
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

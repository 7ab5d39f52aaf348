import type { BodySource } from '../feed/connect.ts'

/** Returns a text that is equal for equal bodies; `undefined` for a body with binary content. */
export function bodyText(body: BodySource | undefined): string | undefined {
  if (body === undefined || typeof body === 'string') return JSON.stringify([body])
  if (!('forEach' in body)) return undefined
  // A form and a query with the same fields are sent with different content types.
  const parts: unknown[] = [Object.prototype.toString.call(body)]
  body.forEach((value, name) => {
    parts.push(name, value)
  })
  return parts.every((part) => typeof part === 'string') ? JSON.stringify(parts) : undefined
}

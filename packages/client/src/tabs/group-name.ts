import type { PreparedRequest } from '../transport/transport.ts'
import { VERSION } from './tab-messages.ts'

/**
 * What tabs with the same stream and the same person have in common: a digest, since URLs and headers may hold
 * secrets and names of locks and channels are seen by the whole origin.
 *
 * @returns `undefined` for a body that can't be compared.
 */
export async function shareName(
  { url, method, headers, body, credentials = 'same-origin' }: PreparedRequest,
  key: string | undefined,
): Promise<string | undefined> {
  if (body !== undefined && typeof body !== 'string' && !(body instanceof URLSearchParams)) return undefined
  const who = key ?? [...new Headers(headers)].sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([url, method, credentials, body === undefined ? '' : String(body), who])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `sse:share:${VERSION}:${hex}`
}

import { digest } from '@sse/contract/protocol'
import type { PreparedRequest } from '../transport/transport.ts'
import { VERSION } from './tab-messages.ts'

/**
 * Returns the name shared by all tabs with the same stream and the same user. It is a digest: URLs and headers may
 * contain secrets, and names of locks and channels are visible to the whole origin.
 *
 * @returns `undefined` for a body that cannot be compared.
 */
export async function groupName(
  { url, method, headers, body, credentials = 'same-origin' }: PreparedRequest,
  key: string | undefined,
): Promise<string | undefined> {
  if (body !== undefined && typeof body !== 'string' && !(body instanceof URLSearchParams)) return undefined
  const user = key ?? [...new Headers(headers)].sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([url, method, credentials, body === undefined ? '' : String(body), user])
  return `sse:tabs:${VERSION}:${await digest(text)}`
}

import { SseError } from '@sse/contract'

/** Schemes that `fetch` refuses everywhere. Others, such as `app:` in Electron, may be the app's own. */
const IMPOSSIBLE_SCHEME = /^(about|ftp|javascript|mailto|wss?):/i

/**
 * Returns why this request fails at every attempt: a line end in a header, GET with a body, TRACE, credentials in the
 * URL, `ftp:`. `fetch` reports all of these as if the network had failed.
 */
export function checkRequest(url: string, init: RequestInit): SseError | undefined {
  const scheme = IMPOSSIBLE_SCHEME.exec(url)
  if (scheme) return new SseError('option_invalid', `connect: ${scheme[0]} cannot be requested`)
  try {
    // The constructor has the checks of `fetch` without the request.
    if (globalThis.Request) new Request(url, init)
    return undefined
  } catch (cause) {
    return new SseError('option_invalid', `connect: ${(cause as Error).message}`, { cause })
  }
}

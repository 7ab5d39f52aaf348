import { redact } from '../../redact.ts'
import type { Failure, Hop } from '../observations.ts'
import { type HttpResponse, type RequestInit, sendRequest } from './http-request.ts'

/** As many as browsers follow, or fewer. */
const MAX_HOPS = 10

export interface Followed {
  readonly hops: readonly Hop[]
  readonly response: HttpResponse | undefined
  readonly failure: Failure | undefined
}

/**
 * Sends a request, and follows redirects.
 *
 * @param personal - headers that go to the first origin only, such as credentials.
 */
export async function followRedirects(
  start: URL,
  init: RequestInit,
  personal: Readonly<Record<string, string>>,
): Promise<Followed> {
  const hops: Hop[] = []
  for (let url = start; ; ) {
    const headers = { ...init.headers, ...(url.origin === start.origin && personal) }
    const response = await sendRequest(url, { ...init, headers })
    const { status, headers: received } = response.head
    if (![301, 302, 303, 307, 308].includes(status) || received.location === undefined) {
      return { hops, response, failure: undefined }
    }
    response.body.on('error', () => {})
    response.close()
    const { location } = received
    const to = URL.canParse(location, url) ? new URL(location, url) : undefined
    if (!to || !/^https?:$/.test(to.protocol)) {
      return {
        hops,
        response: undefined,
        failure: stopped(`Redirected to "${redact(location)}", which is no address of HTTP`),
      }
    }
    hops.push({ from: url, status, to })
    if (hops.length === MAX_HOPS) {
      return {
        hops,
        response: undefined,
        failure: stopped(`Redirected ${MAX_HOPS} times: the redirects form a circle`),
      }
    }
    url = to
  }
}

function stopped(message: string): Failure {
  return { kind: 'redirects', message, fix: undefined }
}

import { explainFailure } from '../../explain-failure.ts'
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
 * Sends a request, and follows redirects. Rejects only if `init.signal` aborts.
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
    let response: HttpResponse
    try {
      response = await sendRequest(url, { ...init, headers })
    } catch (error) {
      if (init.signal.aborted) throw error
      return { hops, response: undefined, failure: connectionFailure(error, url) }
    }
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

function connectionFailure(error: unknown, url: URL): Failure {
  const { message, next } = explainFailure(error, url)
  // The check has its own advice on certificates.
  return { kind: 'connection', message, fix: message.startsWith('The certificate') ? undefined : next }
}

function stopped(message: string): Failure {
  return { kind: 'redirects', message, fix: undefined }
}

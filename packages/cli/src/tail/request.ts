import type { ConnectOptions } from '@sse/client'
import { fetchWithin } from '../fetch-within.ts'

export interface RequestOptions {
  readonly header?: Readonly<Record<string, string>>
  readonly request?: string
  readonly data?: string
  /** Longest wait for an answer, in milliseconds. */
  readonly timeout: number
}

/** Returns what a request for a stream is made of: method, headers, body, and a `fetch` that gives up waiting. */
export function requestOptions(
  { header = {}, request, data, timeout }: RequestOptions,
  report: { redirected(to: URL): void },
): Pick<ConnectOptions, 'method' | 'headers' | 'body' | 'fetch'> {
  const hasType = header['content-type'] !== undefined
  const type: Record<string, string> =
    data !== undefined && !hasType && /^\s*[[{"]/.test(data) ? { 'content-type': 'application/json' } : {}
  return {
    method: (request ?? (data === undefined ? 'GET' : 'POST')).toUpperCase(),
    headers: { ...type, ...header },
    ...(data !== undefined && { body: data }),
    fetch: async (input, init) => {
      const response = await fetchWithin(timeout, input, init)
      if (response.redirected && URL.canParse(response.url)) report.redirected(new URL(response.url))
      return response
    },
  }
}

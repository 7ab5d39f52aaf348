import type { ConnectOptions } from '@sse/client'
import { SseError } from '@sse/contract'

export interface RequestOptions {
  readonly header?: Readonly<Record<string, string>>
  readonly request?: string
  readonly data?: string
  /** Longest wait for an answer, in milliseconds. */
  readonly timeout: number
}

/** Returns what a request for a stream is made of: method, headers, body, and a `fetch` that gives up waiting. */
export function requestOptions(
  url: URL,
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
      const response = await fetchWithin(timeout, url, input, init)
      if (response.redirected && URL.canParse(response.url)) report.redirected(new URL(response.url))
      return response
    },
  }
}

/** Does what `fetch` does, and fails if no answer has started in time. */
async function fetchWithin(
  ms: number,
  { host }: URL,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const waiting = new AbortController()
  const timer = setTimeout(() => {
    waiting.abort(new SseError('network', `${host} has not answered for ${ms / 1_000} s`))
  }, ms)
  try {
    return await fetch(input, {
      ...init,
      signal: init.signal ? AbortSignal.any([init.signal, waiting.signal]) : waiting.signal,
    })
  } finally {
    clearTimeout(timer)
  }
}

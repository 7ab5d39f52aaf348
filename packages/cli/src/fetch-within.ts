import { SseError } from '@sse/contract'

/** Does what `fetch` does, and fails with `network` if no answer has started after some milliseconds. */
export async function fetchWithin(
  ms: number,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const waiting = new AbortController()
  const timer = setTimeout(() => {
    const { host } = new URL(input instanceof Request ? input.url : input)
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

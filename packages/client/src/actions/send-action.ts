import { SseError } from '@sse/contract'
import { toSseError } from '../connection/reconnect-loop.ts'
import type { TokenRefresh } from '../connection/token-refresh.ts'
import { outsideZone } from '../connection/zone.ts'
import { readDetail, readRefusal } from '../transport/read-refusal.ts'
import type { PreparedRequest } from '../transport/transport.ts'

export interface ActionSettings {
  readonly prepare: () => PreparedRequest | Promise<PreparedRequest>
  /** Gets a fresh token after 401. */
  readonly token: TokenRefresh | undefined
  /** Maximum time from the preparation of the request until its answer, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Sends a request next to a feed's stream, with the same headers and credentials: `POST` to the stream's path plus the
 * name of the action. After 401 with a fresh token, once.
 *
 * @param headersOf - returns further headers, once the request is prepared.
 * @returns the body of the answer.
 * @throws {SseError} `network`, `idle` without an answer in time, `http_status` with the `status`.
 * @see docs/reference/protocol.md#acknowledgements
 */
export async function sendAction(
  { prepare, token, timeoutMs }: ActionSettings,
  action: 'ack' | 'stop',
  headersOf?: () => Record<string, string>,
): Promise<string> {
  const send = async (signal: AbortSignal | undefined) => {
    const request = await prepare()
    const url = actionUrl(request.url, action)
    if (signal?.aborted) throw signal.reason
    const response = await request.fetch(url, {
      method: 'POST',
      // With a content type: the CSRF checks of SvelteKit and Astro refuse a POST that could be a form.
      headers: { ...request.headers, 'content-type': 'application/json', ...headersOf?.() },
      body: '{}',
      credentials: request.credentials,
      keepalive: true, // it outlives the page that sends it
      signal,
    } as RequestInit)
    if (response.status < 200 || response.status > 299) {
      throw readRefusal(response.status, null, url, { cause: await readDetail(response) })
    }
    return response.text()
  }
  try {
    return await within(timeoutMs, (signal) =>
      send(signal).catch(async (cause) => {
        if (!token || cause.status !== 401) throw cause
        await token.refresh()
        return send(signal)
      }),
    )
  } catch (cause) {
    throw toSseError(cause, 'The request failed')
  }
}

/** Rejects with `idle` if `run` has not settled in time: an app's functions may never settle. */
async function within(
  timeoutMs: number,
  run: (signal: AbortSignal | undefined) => Promise<string>,
): Promise<string> {
  // Mini-programs have none.
  const controller = typeof AbortController === 'function' ? new AbortController() : undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const stop = () => {
      const error = new SseError('idle', `No answer for ${timeoutMs} ms`)
      controller?.abort(error)
      reject(error)
    }
    timer = outsideZone(() => setTimeout(stop, timeoutMs))
  })
  try {
    return await Promise.race([run(controller?.signal), late])
  } finally {
    clearTimeout(timer)
    controller?.abort() // a body that was not read keeps its connection
  }
}

/** Appends the action to the path. As text: in React Native, the parts of a `URL` cannot be set. */
function actionUrl(url: string, action: string): string {
  return url.replace(/\/?(\?[^#]*)?(#.*)?$/, `/${action}$1`)
}

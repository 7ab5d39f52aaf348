import { type ConnectOptions, connect } from '@sse/client'
import { SseError } from '@sse/contract'
import { buildPath } from '@sse/contract/protocol'
import type { ChatTransport, UIMessage } from 'ai'
import { type AnswerFeed, readAnswer, untilAnswered } from './read-answer.ts'
import { uiMessages } from './ui-messages.ts'

export interface ChatTransportOptions
  extends Pick<ConnectOptions, 'credentials' | 'fetch' | 'headers' | 'reconnect' | 'refresh'> {
  /**
   * URL or path that messages are posted to. Below it, `/:chat/stream` resumes and `/:chat/stop` stops an answer.
   * Default `/api/chat`.
   */
  api?: string
  /** Further members of the body, or a function called for each message. */
  body?: object | (() => object)
  /** Whether `stop()` of `useChat` stops the answer on the server too. Default `true`. */
  stopsAnswer?: boolean
}

/**
 * Makes the `transport` of `useChat`. The server's streams are native: they have no `dialect`.
 *
 * An answer whose connection is cut continues after the last chunk that came. One that failed, or whose process
 * crashed, ends with an error. `stop()` of `useChat` stops the answer on the server.
 *
 * @example
 * const chat = useChat({ id, resume: true, transport: sseChatTransport() })
 */
export function sseChatTransport<Message extends UIMessage = UIMessage>(
  options: ChatTransportOptions = {},
): ChatTransport<Message> {
  const { api = '/api/chat', body, stopsAnswer = true, headers = {}, ...connection } = options
  // At each call: a transport may be made where there is no page, such as on a server that renders.
  const absolute = (path: string) => new URL(path, globalThis.location?.href)
  const urlOf = (action: 'stream' | 'stop', chat: string) =>
    absolute(api + buildPath(`/:chat/${action}`, { chat }))

  /** Returns the headers of each attempt: those of the transport, and those that `useChat` was called with. */
  const headersWith = (more: HeadersInit | undefined, json?: 'json') => async () => ({
    ...(json && { 'content-type': 'application/json' }),
    ...(typeof headers === 'function' ? await headers() : headers),
    ...Object.fromEntries(new Headers(more)),
  })

  async function stop(chatId: string, more: HeadersInit | undefined): Promise<void> {
    const { fetch: request = fetch, credentials = 'same-origin' } = connection
    const init = { method: 'POST', headers: await headersWith(more, 'json')(), body: '{}', credentials }
    const response = await request(urlOf('stop', chatId), init)
    await response.body?.cancel()
    if (!response.ok) throw new SseError('http_status', `The answer was not stopped: ${response.status}`)
  }

  function open(url: URL, more: ConnectOptions): AnswerFeed {
    return connect(uiMessages, {
      ...connection,
      ...more,
      baseUrl: url.origin,
      url: () => url,
      // A request that is sent again joins the answer, and continues it after the last id.
      reconnect: { ...connection.reconnect, resend: true },
      onError: () => {}, // the stream has it
    })
  }

  /** Resumes that were aborted in this turn, by chat. */
  const aborted = new Map<string, ReturnType<typeof setTimeout>>()

  /** `useChat` aborts a resume also to resume once more, as in React's strict mode: that follows in the same turn. */
  function stopUnlessResumed(chatId: string, more: HeadersInit | undefined): void {
    resumed(chatId)
    const stopLater = () => {
      aborted.delete(chatId)
      stop(chatId, more).catch(console.error)
    }
    aborted.set(chatId, setTimeout(stopLater))
  }

  function resumed(chatId: string): void {
    clearTimeout(aborted.get(chatId))
    aborted.delete(chatId)
  }

  /** Closes a feed when `useChat` stops. */
  function stopWith(signal: AbortSignal | undefined, feed: AnswerFeed, onStop: () => void): void {
    const abort = () => {
      feed.close()
      if (stopsAnswer) onStop()
    }
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort, { once: true })
    feed.onStatus(({ state }) => {
      if (state === 'closed') signal?.removeEventListener('abort', abort)
    })
  }

  return {
    resumeStreamIsReplay: true,

    async sendMessages({ chatId, messages, trigger, messageId, abortSignal, headers: more, body: moreBody }) {
      const content = {
        ...(typeof body === 'function' ? body() : body),
        ...moreBody,
        ...{ id: chatId, messages, trigger, messageId, requestId: crypto.randomUUID() },
      }
      const request = { method: 'POST', body: JSON.stringify(content), headers: headersWith(more, 'json') }
      const feed = open(absolute(api), request)
      const answer = readAnswer(feed)
      stopWith(abortSignal, feed, () => stop(chatId, more).catch(console.error))
      await untilAnswered(feed)
      return answer
    },

    async reconnectToStream({ chatId, abortSignal, headers: more }) {
      resumed(chatId)
      const feed = open(urlOf('stream', chatId), { headers: headersWith(more) })
      const answer = readAnswer(feed)
      stopWith(abortSignal, feed, () => stopUnlessResumed(chatId, more))
      return (await untilAnswered(feed)) ? answer : null
    },
  }
}

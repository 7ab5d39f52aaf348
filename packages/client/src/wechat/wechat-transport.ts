import { SseError } from '@sse/contract'
import { toByteString } from '../transport/byte-string.ts'
import { PushedResponse } from '../transport/pushed-response.ts'
import type { Transport } from '../transport/transport.ts'
import { Utf8Decoder } from './utf8-decoder.ts'
import { getWx, type WxResponse, type WxTask } from './wx.ts'

/** Longest time of one request in milliseconds, instead of WeChat's 60,000. The feed resumes after it. */
const TIMEOUT_MS = 3_600_000
/** Failures of a mini-program's settings: another attempt fails the same way. */
const REFUSED_BY_SETTINGS = /domain list|invalid url/i

/**
 * Carries a stream over `wx.request` with `enableChunked`, for WeChat mini-programs with base library 2.20.2 or later.
 * Any headers and method, a text body, and the response's status is known. `wx.request` neither stores nor sends cookies:
 * `credentials` has no effect.
 *
 * @throws {SseError} `option_invalid` outside of a mini-program, in an older one, and for a body that is not text.
 */
export const wechatTransport: Transport = (request, events) => {
  const { url, method, headers, body, lastEventId } = request
  if (body !== undefined && typeof body !== 'string') throw unsuitable('wx.request sends no body but text')
  const header: Record<string, string> = { accept: 'text/event-stream', ...headers }
  if (lastEventId !== '') header['last-event-id'] = toByteString(lastEventId)

  const decoder = new Utf8Decoder()
  let task: WxTask | undefined
  let hasChunks = false
  let isClosed = false
  const close = (): void => {
    isClosed = true // `abort` calls `fail`
    task?.abort()
  }
  const response = new PushedResponse(request, events, close, true)
  const start = ({ statusCode, header = {} }: Partial<WxResponse>): void => {
    const names = new Map(Object.entries(header).map(([name, value]) => [name.toLowerCase(), String(value)]))
    // WeChat's developer tools give no status with the headers: then only that of a stream is known.
    const isStream = /^text\/event-stream\b/i.test(names.get('content-type') ?? '')
    const status = statusCode ?? (isStream ? 200 : 0)
    const isRedirect = status >= 300 && status < 400 // followed: another response comes
    if (status > 0 && !isRedirect) response.start(status, names)
  }
  const push = (data: unknown): void => {
    if (typeof data === 'string') response.push(data)
    else if (data) response.push(decoder.decode(new Uint8Array(data as ArrayBuffer)))
  }

  events.onActivity()
  task = getWx().request({
    url,
    method: method.toUpperCase(),
    header,
    ...(body !== undefined && { data: body }),
    dataType: 'text',
    responseType: 'arraybuffer',
    timeout: TIMEOUT_MS,
    enableChunked: true,
    success(whole) {
      start(whole)
      if (!hasChunks) push(whole.data) // WeChat for desktops gives a response as a whole
      response.complete()
    },
    fail({ errMsg = 'wx.request failed' }) {
      if (isClosed) return
      if (REFUSED_BY_SETTINGS.test(errMsg)) response.end(unsuitable(errMsg))
      else response.fail(new Error(errMsg))
    },
  })
  if (!task.onChunkReceived || !task.onHeadersReceived) {
    close()
    throw unsuitable('base library 2.20.2 or later is required')
  }
  task.onHeadersReceived(start)
  task.onChunkReceived(({ data }) => {
    hasChunks = true
    push(data)
  })
  return { close }
}

function unsuitable(why: string): SseError {
  return new SseError('option_invalid', `connect: ${why}`)
}

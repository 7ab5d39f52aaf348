import type { ScriptedResponse } from '../support/script-server.ts'
import type { TransportName } from './parsing.ts'

export interface ResponseCase {
  name: string
  response: ScriptedResponse
  /** `open`: its events are read; `ended`: the server has stopped the client; else the code of the refusal. */
  outcome: 'open' | 'ended' | 'http_status' | 'content_type'
  /** Who does otherwise. */
  deviations?: Partial<Record<TransportName, ResponseCase['outcome']>>
  /** Whether the same request may succeed later. */
  heals: boolean
}

const EVENT = ['data: a\n\n']
const refusedStatus = (status: number): ResponseCase => ({
  name: `status ${status}`,
  response: { status, chunks: EVENT },
  outcome: 'http_status',
  heals: status >= 500 || [408, 425, 429].includes(status),
})
const type = (
  contentType: string | null,
  outcome: 'open' | 'content_type',
  deviations: ResponseCase['deviations'] = {},
): ResponseCase => ({
  name: contentType === null ? 'no content type' : `content type "${contentType}"`,
  response: { contentType, chunks: EVENT },
  outcome,
  deviations,
  heals: outcome === 'open',
})

/**
 * What a response must be before its events are read.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export const RESPONSES: ResponseCase[] = [
  { name: 'status 200', response: { chunks: EVENT }, outcome: 'open', heals: true },
  { name: 'status 204', response: { status: 204 }, outcome: 'ended', heals: false },
  ...[201, 202, 206, 400, 401, 403, 404, 408, 410, 425, 429, 500, 502, 503, 504].map(refusedStatus),
  type('text/event-stream;charset=utf-8', 'open'),
  type('Text/Event-Stream ; Charset=UTF-8', 'open', { polyfill: 'http_status' }),
  type('text/event-stream;charset=latin1', 'open', { 'native Chromium': 'content_type' }),
  type('text/event-streamX', 'content_type'),
  type('text/x-event-stream', 'content_type'),
  type('text/html', 'content_type'),
  type('application/json', 'content_type'),
  type(null, 'content_type'),
]

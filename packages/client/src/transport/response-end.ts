import { SseError } from '@sse/contract'
import type { TransportRequest } from './transport.ts'

/** Returns what the end of an event stream's response means: a lost connection, or the end of a one-time answer. */
export function responseEnd({ method, reconnect }: TransportRequest): SseError | 'ended' {
  return method.toUpperCase() === 'GET' || reconnect?.resend
    ? new SseError('dropped', 'The connection was closed')
    : 'ended'
}

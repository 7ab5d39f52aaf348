import { eventSourceTransport } from '@sse/client'
import { EventSource } from '@sse/client/event-source'

/** The class, where the tables of all transports run. */
export const classTransport = eventSourceTransport(
  (url, { credentials, fetch }) =>
    new EventSource(url, { withCredentials: credentials === 'include', fetch }),
)

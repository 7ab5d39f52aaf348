import { EventSource } from '@sse/client/event-source'
import { eventSourceTransport } from '@sse/client/transport'

/** The class, where the tables of all transports run. */
export const classTransport = eventSourceTransport(
  (url, { credentials, fetch }) =>
    new EventSource(url, { withCredentials: credentials === 'include', fetch }),
)

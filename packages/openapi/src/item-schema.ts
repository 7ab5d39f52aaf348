import type { PayloadSchemas } from './payload-schemas.ts'
import type { JsonSchema } from './schema-components.ts'
import type { NamedStream } from './stream.ts'

/**
 * Describes one event of a stream, as the object of its fields that OpenAPI 3.2 defines for Server-Sent Events.
 *
 * @see https://spec.openapis.org/oas/v3.2.0.html#server-sent-event-streams
 */
export function itemSchema(stream: NamedStream, schemas: PayloadSchemas): JsonSchema {
  const variants = Object.keys(stream.contract.events).map((event) => {
    const data = dataSchema(schemas.add(stream, event))
    // An event called message has no `event:` line.
    const required = event === 'message' ? ['data'] : ['event', 'data']
    return { title: event, required, properties: { event: { const: event }, data } }
  })
  return {
    type: 'object',
    properties: {
      event: { type: 'string' },
      data: { type: 'string' },
      id: {
        type: 'string',
        description: 'Opaque. A client that reconnects sends the last one it has received.',
      },
      retry: {
        type: 'integer',
        minimum: 0,
        description: 'Pause before the next connection, in milliseconds.',
      },
    },
    // With `message`, whose name may be missing, linters cannot see that at most one of them matches.
    ['message' in stream.contract.events ? 'anyOf' : 'oneOf']: [...variants, CONTROL_VARIANT],
  }
}

/** Describes the field `data`, which is a text: JSON unless the payload is one itself. */
function dataSchema(payload: JsonSchema): JsonSchema {
  if (payload.type === 'string') return payload
  const name = typeof payload.$ref === 'string' && payload.$ref.split('/').at(-1)
  return {
    type: 'string',
    description: name ? `JSON of \`${name}\`.` : 'JSON of any value.',
    contentMediaType: 'application/json',
    contentSchema: payload,
  }
}

/**
 * Meaning of the events that the library itself sends, by name.
 *
 * @see docs/reference/protocol.md#control-events
 */
export const CONTROL_EVENTS = {
  'sse.open': {
    sent: 'First on the stream of a hub. Its id is where the connection starts.',
    data: 'Empty.',
  },
  'sse.heartbeat': {
    sent: 'While the stream of a hub is quiet. Its id is the connection’s current position.',
    data: 'Empty.',
  },
  'sse.gap': {
    sent: 'When history does not reach back to the last event id, or a run was started again: load the state again.',
    data: '{ reason, since? }, where reason is epoch, ahead, trimmed or restarted.',
  },
  'sse.end': {
    sent: 'When the stream is over. A client that reconnects gets 204.',
    data: 'Empty, or { status, code?, message? } at the end of a run.',
  },
  'sse.error': {
    sent: 'When the stream has failed, access was revoked, or a newer connection has replaced this one.',
    data: '{ code, message }.',
  },
}

const CONTROL_VARIANT = {
  title: 'control event',
  description: 'Sent by the library. A client ignores those it does not know.',
  required: ['event', 'data'],
  properties: { event: { enum: Object.keys(CONTROL_EVENTS) }, data: { type: 'string' } },
  'x-sse-control': true,
}

import { CONTROL_EVENTS, itemSchema } from './item-schema.ts'
import type { PayloadSchemas } from './payload-schemas.ts'
import { REFUSALS, type Refusal, refuse } from './refusals.ts'
import type { JsonSchema } from './schema-components.ts'
import type { NamedStream } from './stream.ts'

type Version = '3.2' | '3.1'

/** Describes the requests of a stream, as members of a document's `paths`. */
export function pathsOf(stream: NamedStream, schemas: PayloadSchemas, version: Version): object {
  const { address, serves, starts } = stream
  const response = streamResponse(stream, schemas, version)
  const below = (action: string) => `${address === '/' ? '' : address}/${action}`
  return {
    [address]: {
      get: follow(stream, response),
      ...(serves === 'runs' && starts && { post: start(stream, response) }),
    },
    ...(serves === 'hub' && { [below('ack')]: { post: acknowledge(stream) } }),
    ...(serves === 'runs' && {
      [below('stop')]: { post: stop(stream) },
      [below('status')]: { get: status(stream) },
    }),
  }
}

/** The refusals that the requests of a stream may get. */
export function refusalsOf({ serves, starts }: NamedStream): readonly Refusal[] {
  if (serves === 'hub') return [...REFUSALS.follow, ...REFUSALS.ack]
  if (serves === 'source') return REFUSALS.follow
  return [...REFUSALS.followRun, ...REFUSALS.stop, ...(starts ? REFUSALS.start : [])]
}

function streamResponse(stream: NamedStream, schemas: PayloadSchemas, version: Version): object {
  const { heartbeatMs } = stream.contract
  const hasHeartbeat = heartbeatMs !== Number.POSITIVE_INFINITY
  const quiet = hasHeartbeat
    ? `A quiet stream has a heartbeat every ${heartbeatMs} ms.`
    : 'A quiet stream has no heartbeats.'
  const item = itemSchema(stream, schemas)
  return {
    description: `A stream of events that stays open. ${quiet} A client that is cut off reconnects, and sends the last id it has received in \`Last-Event-ID\`.`,
    content: {
      'text/event-stream': {
        ...(version === '3.2' ? { itemSchema: item } : { schema: item }),
        'x-sse-control': CONTROL_EVENTS,
        // JSON has no infinity: 0 is none.
        'x-sse-heartbeat-ms': hasHeartbeat ? heartbeatMs : 0,
      },
    },
  }
}

function follow(stream: NamedStream, response: object): object {
  const { name, summary, description, tags, serves } = stream
  return {
    operationId: `follow${name}`,
    summary,
    ...(description !== undefined && { description }),
    tags,
    parameters: [...pathParameters(stream), LAST_EVENT_ID_REF],
    responses: {
      200: response,
      204: NOTHING_MORE,
      ...refuse(serves === 'runs' ? REFUSALS.followRun : REFUSALS.follow),
    },
  }
}

function start(stream: NamedStream, response: object): object {
  const { name, address, tags } = stream
  return {
    operationId: `start${name}`,
    summary: `Starts the run of ${address}, or joins it, and follows it`,
    tags,
    parameters: [...pathParameters(stream), LAST_EVENT_ID_REF],
    requestBody: {
      description: 'The app decides what it reads of it.',
      content: { 'application/json': { schema: {} } },
    },
    responses: { 200: response, 204: NOTHING_MORE, ...refuse(REFUSALS.start) },
  }
}

function acknowledge(stream: NamedStream): object {
  return {
    operationId: `acknowledge${stream.name}`,
    summary: 'Acknowledges every event up to an id',
    tags: stream.tags,
    parameters: [...pathParameters(stream), { $ref: '#/components/parameters/AcknowledgedId' }],
    requestBody: {
      description: 'Not read.',
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    responses: {
      204: { description: 'Stored. The durable subscriber continues after the id.' },
      ...refuse(REFUSALS.ack),
    },
  }
}

function stop(stream: NamedStream): object {
  return {
    operationId: `stop${stream.name}`,
    summary: 'Stops a run, in whichever process it runs',
    tags: stream.tags,
    parameters: pathParameters(stream),
    requestBody: {
      required: true,
      description: 'Not read. Its content type is required.',
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    responses: { 200: json('How the run has ended.', 'RunEnd'), ...refuse(REFUSALS.stop) },
  }
}

function status(stream: NamedStream): object {
  return {
    operationId: `statusOf${stream.name}`,
    summary: 'Returns whether a run is running, or how it has ended',
    tags: stream.tags,
    parameters: pathParameters(stream),
    responses: { 200: json('The status of the run.', 'RunStatus'), ...refuse(REFUSALS.status) },
  }
}

function pathParameters({ params }: NamedStream): object[] {
  return params.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }))
}

const json = (description: string, schema: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
})

const NOTHING_MORE = { description: 'There is nothing more to stream: the client has seen the end.' }

const LAST_EVENT_ID_REF = { $ref: '#/components/parameters/LastEventId' }
const ID = { type: 'string', maxLength: 1_024 }

/** Components that operations refer to. */
export const PARAMETERS: Readonly<Record<'LastEventId' | 'AcknowledgedId', object>> = {
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description:
      'The last id that the client has received. The stream continues after it. Browsers send it by themselves when they reconnect. Clients that cannot set headers may use the query parameter `lastEventId`.',
    schema: ID,
  },
  AcknowledgedId: {
    name: 'Last-Event-ID',
    in: 'header',
    required: true,
    description: 'Id of the last event that the client has dealt with.',
    schema: { ...ID, minLength: 1 },
  },
}

const ENDS = ['completed', 'failed', 'stopped', 'lost']
const END_MEMBERS = {
  code: { type: 'string', description: 'Why the run has not completed.' },
  message: { type: 'string' },
}

/** Answers of the requests beside a run's stream. */
export const RUN_SCHEMAS: Readonly<Record<'RunEnd' | 'RunStatus', JsonSchema>> = {
  RunEnd: {
    type: 'object',
    required: ['status'],
    properties: { status: { enum: ENDS }, ...END_MEMBERS },
  },
  RunStatus: {
    type: 'object',
    required: ['status', 'attempt', 'startedAt'],
    properties: {
      status: { enum: ['running', ...ENDS] },
      attempt: {
        type: 'integer',
        minimum: 0,
        description: 'How often it was started. 0 if it was stopped before.',
      },
      startedAt: { type: 'number', description: 'Milliseconds since 1970.' },
      endedAt: { type: 'number', description: 'Milliseconds since 1970.' },
      ...END_MEMBERS,
    },
  },
}

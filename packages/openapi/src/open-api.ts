import { type DocumentWarning, type JsonSchema, PayloadSchemas } from './payload-schemas.ts'
import { invalid, type NamedStream, readStreams, type StreamInput } from './stream.ts'

/** An OpenAPI document, as plain JSON. */
export type OpenApiDocument = { readonly openapi: string } & { readonly [member: string]: unknown }

export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly [member: string]: unknown
}

export interface OpenApiOptions {
  /** Title and version of the API, and further members of OpenAPI's Info Object. */
  info: DocumentInfo
  /** Where the API is, such as `[{ url: 'https://api.example.com' }]`. Default: where the document is. */
  servers?: readonly { readonly url: string; readonly [member: string]: unknown }[]
  /** Which of `securitySchemes` every operation needs, such as `[{ session: [] }]`. Default: none. */
  security?: readonly Readonly<Record<string, readonly string[]>>[]
  /** OpenAPI's Security Scheme Objects, by name. */
  securitySchemes?: Readonly<Record<string, object>>
  /**
   * `'3.2'` describes each event with `itemSchema`. `'3.1'` has no such keyword: the schema of an event stands in `schema`.
   * Default `'3.2'`.
   */
  version?: '3.2' | '3.1'
  /** Called for each payload that the document cannot describe. Default: `console.warn`. */
  onWarning?: (warning: DocumentWarning) => void
}

/**
 * Describes streams as an OpenAPI document: their events, the `Last-Event-ID` header, 204 and the refusals, and the requests
 * beside them (`/ack`, `/stop`, `/status`). The same input gives the same document.
 *
 * Payloads are described through Standard JSON Schema: by zod 4.2 or later, arktype 2.1.28 or later, and valibot with
 * `toStandardJsonSchema()`. Others, such as `type<T>()`, are any value, with a warning.
 *
 * @throws {SseError} `option_invalid`.
 * @see https://spec.openapis.org/oas/v3.2.0.html
 * @example
 * toOpenApi([leads], { info: { title: 'Leads', version: '1.0.0' } })
 */
export function toOpenApi(streams: readonly StreamInput[], options: OpenApiOptions): OpenApiDocument {
  const { info, servers, security, securitySchemes, version = '3.2' } = options ?? {}
  checkInfo(info)
  if (version !== '3.2' && version !== '3.1') throw invalid(`version must be '3.2' or '3.1', not ${version}`)
  const named = readStreams(streams)
  const schemas = new PayloadSchemas({
    target: 'draft-2020-12',
    onWarning: options.onWarning ?? warnOnConsole,
  })
  const paths = Object.assign({}, ...named.map((stream) => pathsOf(stream, schemas, version)))
  return {
    openapi: version === '3.2' ? '3.2.0' : '3.1.1',
    info,
    ...(servers && { servers }),
    ...(security && { security }),
    tags: tagsOf(named),
    paths,
    components: {
      ...(securitySchemes && { securitySchemes }),
      schemas: { ...schemas.components, Refusal: REFUSAL_SCHEMA, ...(hasRuns(named) && RUN_SCHEMAS) },
      responses: RESPONSES,
      parameters: { LastEventId: LAST_EVENT_ID },
    },
  }
}

export function warnOnConsole({ path, event, message }: DocumentWarning): void {
  console.warn(`${path}, event "${event}": ${message}`)
}

/** @throws {SseError} `option_invalid`. */
export function checkInfo(info: unknown): void {
  const { title, version } = (info ?? {}) as Partial<DocumentInfo>
  if (typeof title !== 'string' || typeof version !== 'string') {
    throw invalid("info is required: { title: 'Leads', version: '1.0.0' }")
  }
}

/** One Tag Object for each tag; it says which streams it stands for. */
function tagsOf(streams: readonly NamedStream[]): object[] {
  const addresses = new Map<string, string[]>()
  for (const { tags, address } of streams) {
    for (const tag of tags) addresses.set(tag, [...(addresses.get(tag) ?? []), address])
  }
  return [...addresses].map(([name, list]) => ({ name, description: `Streams: ${list.join(', ')}` }))
}

const hasRuns = (streams: readonly NamedStream[]) => streams.some(({ serves }) => serves === 'runs')

function pathsOf(stream: NamedStream, schemas: PayloadSchemas, version: '3.2' | '3.1'): object {
  const { address, name, serves, starts, params, summary, description, tags } = stream
  const parameters = params.map((param) => ({
    name: param,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const item = itemSchema(stream, schemas)
  const response = streamResponse(stream, version === '3.2' ? { itemSchema: item } : { schema: item })
  const below = (action: string) => `${address === '/' ? '' : address}/${action}`
  const follow = {
    operationId: `follow${name}`,
    summary,
    ...(description && { description }),
    tags,
    parameters: [...parameters, { $ref: '#/components/parameters/LastEventId' }],
    responses: { 200: response, 204: NOTHING, ...REFUSALS, ...(serves === 'runs' && UNKNOWN_RUN) },
  }
  const start = {
    operationId: `start${name}`,
    summary: `Starts the run of ${address}, or joins it, and follows it`,
    tags,
    parameters: [...parameters, { $ref: '#/components/parameters/LastEventId' }],
    requestBody: {
      description: 'What the app reads of it.',
      content: { 'application/json': { schema: {} } },
    },
    responses: {
      200: response,
      ...REFUSALS,
      409: refusal('The run, or another one of its group, is running.'),
    },
  }
  return {
    [address]: { get: follow, ...(serves === 'runs' && starts && { post: start }) },
    ...(serves === 'hub' && { [below('ack')]: { post: acknowledge(stream, parameters) } }),
    ...(serves === 'runs' && {
      [below('stop')]: { post: stop(stream, parameters) },
      [below('status')]: { get: status(stream, parameters) },
    }),
  }
}

/** An event of the stream, as an object of its fields. */
function itemSchema(stream: NamedStream, schemas: PayloadSchemas): JsonSchema {
  const variants = Object.keys(stream.contract.events).map((event) => {
    const payload = schemas.add(stream, event)
    const data =
      'type' in payload ? payload : { contentMediaType: 'application/json', contentSchema: payload }
    // An event called message has no `event:` line.
    const required = event === 'message' ? ['data'] : ['event', 'data']
    return { title: event, required, properties: { event: { const: event }, data } }
  })
  return {
    type: 'object',
    properties: {
      event: { type: 'string' },
      data: { type: 'string' },
      id: { type: 'string', description: 'Where a client continues. Opaque.' },
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

/** What each control event means, for people and generators. */
const CONTROL = {
  'sse.open': { sent: 'first on the stream of a hub: its id is where the connection starts', data: '' },
  'sse.heartbeat': { sent: 'while a hub has nothing to send: its id is the newest one', data: '' },
  'sse.gap': {
    sent: 'when history does not reach back to the last event id: load the state again',
    data: '{ reason, since? }',
  },
  'sse.end': {
    sent: 'when the stream is over; a client that reconnects gets 204',
    data: 'empty, or { status, code?, message? } for a run',
  },
  'sse.error': { sent: 'when the stream failed, or access ended', data: '{ code, message }' },
}

const CONTROL_VARIANT = {
  title: 'control event',
  description: 'Sent by the library. A client ignores those it does not know.',
  required: ['event', 'data'],
  properties: { event: { enum: Object.keys(CONTROL) }, data: { type: 'string' } },
  'x-sse-control': true,
}

function streamResponse({ contract }: NamedStream, schema: object): object {
  const beat =
    contract.heartbeatMs === Number.POSITIVE_INFINITY
      ? 'There are no heartbeats.'
      : `A quiet stream has a heartbeat every ${contract.heartbeatMs} ms.`
  return {
    description: `A stream of events that stays open. ${beat} A client that reconnects sends the last id it has received in \`Last-Event-ID\`.`,
    content: {
      'text/event-stream': {
        ...schema,
        'x-sse-control': CONTROL,
        ...(contract.heartbeatMs !== Number.POSITIVE_INFINITY && {
          'x-sse-heartbeat-ms': contract.heartbeatMs,
        }),
      },
    },
  }
}

function acknowledge({ name, tags }: NamedStream, parameters: readonly object[]): object {
  return {
    operationId: `acknowledge${name}`,
    summary: 'Acknowledges every event up to an id',
    tags,
    parameters: [...parameters, { $ref: '#/components/parameters/LastEventId' }],
    responses: {
      204: { description: 'Stored: the subscriber continues after it.' },
      ...REFUSALS,
      409: refusal('The id is not of this log, or the client has no subscriber id.'),
    },
  }
}

function stop({ name, tags }: NamedStream, parameters: readonly object[]): object {
  return {
    operationId: `stop${name}`,
    summary: 'Stops a run, whichever process runs it',
    tags,
    parameters,
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      200: json('How the run has ended.', 'RunEnd'),
      ...REFUSALS,
      ...UNKNOWN_RUN,
      415: refusal('The content type is not JSON.'),
    },
  }
}

function status({ name, tags }: NamedStream, parameters: readonly object[]): object {
  return {
    operationId: `statusOf${name}`,
    summary: 'Tells whether a run is running, and how it has ended',
    tags,
    parameters,
    responses: { 200: json('The status of the run.', 'RunStatus'), ...REFUSALS, ...UNKNOWN_RUN },
  }
}

const json = (description: string, schema: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
})

const refusal = (description: string) => json(description, 'Refusal')

const REFUSAL_SCHEMA = {
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: { type: 'string', description: 'Stable: branch on it.' },
    message: { type: 'string' },
  },
}

const END_MEMBERS = {
  code: { type: 'string' },
  message: { type: 'string' },
}
const ENDS = ['completed', 'failed', 'stopped', 'lost']

const RUN_SCHEMAS = {
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
      attempt: { type: 'integer', minimum: 1 },
      startedAt: { type: 'number', description: 'Milliseconds since 1970.' },
      endedAt: { type: 'number', description: 'Milliseconds since 1970.' },
      ...END_MEMBERS,
    },
  },
}

const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description:
    'The last id that the client has received: the stream continues after it. Browsers send it by themselves.',
  schema: { type: 'string', maxLength: 1_024 },
}

const NOTHING = { description: 'There is nothing more to stream: the client has seen the end.' }
const UNKNOWN_RUN = { 404: { $ref: '#/components/responses/NotFound' } }

const RESPONSES = {
  BadRequest: refusal('The last event id, or a name made from the request, is not valid.'),
  Unauthorized: refusal('Not signed in.'),
  Forbidden: refusal('Access to this stream is denied.'),
  NotFound: refusal('No run has this id.'),
  Unavailable: {
    ...refusal('Too many connections, or the process is shutting down: try again after the delay.'),
    headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
  },
}

const REFUSALS = {
  400: { $ref: '#/components/responses/BadRequest' },
  401: { $ref: '#/components/responses/Unauthorized' },
  403: { $ref: '#/components/responses/Forbidden' },
  503: { $ref: '#/components/responses/Unavailable' },
}

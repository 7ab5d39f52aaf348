import { isText } from '@sse/contract/protocol'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { CONTROL_EVENTS } from './item-schema.ts'
import { checkInfo, type DocumentInfo, warnOnConsole } from './open-api.ts'
import { type DocumentWarning, PayloadSchemas } from './payload-schemas.ts'
import { freeName, invalid, type NamedStream, pascal, readStreams, type StreamInput } from './stream.ts'

/** An AsyncAPI document, as plain JSON. */
export type AsyncApiDocument = { readonly asyncapi: string } & { readonly [member: string]: unknown }

export interface AsyncApiOptions {
  /** Title and version of the API, and further members of AsyncAPI's Info Object. */
  info: DocumentInfo
  /** Where the API is, such as `[{ url: 'https://api.example.com' }]`. Default: none. */
  servers?: readonly { readonly url: string }[]
  /** Called for each payload that the document cannot describe. Default: `console.warn`. */
  onWarning?: (warning: DocumentWarning) => void
}

/**
 * Describes streams as an AsyncAPI 3 document: one channel for each stream, one message for each event. AsyncAPI has no
 * binding for Server-Sent Events; the operation is an HTTP GET. Refusals and the requests beside a stream are in the
 * document of `toOpenApi`.
 *
 * Schemas are those of JSON Schema draft 07, which AsyncAPI has. Otherwise they are described as in `toOpenApi`.
 *
 * @throws {SseError} `option_invalid`.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function toAsyncApi(streams: readonly StreamInput[], options: AsyncApiOptions): AsyncApiDocument {
  const { info, servers } = options ?? {}
  checkInfo(info)
  const named = readStreams(streams)
  const schemas = new PayloadSchemas({ target: 'draft-07', onWarning: options.onWarning ?? warnOnConsole })
  const channels = Object.fromEntries(named.map((stream) => [stream.name, channelOf(stream, schemas)]))
  return {
    asyncapi: '3.0.0',
    info,
    ...(servers && { servers: Object.fromEntries(servers.map(serverOf)) }),
    defaultContentType: 'application/json',
    channels,
    operations: Object.fromEntries(named.map((stream) => [`send${stream.name}`, operationOf(stream)])),
    components: { schemas: schemas.components.toJSON() },
  }
}

function serverOf({ url }: { readonly url: string }, index: number): [name: string, server: object] {
  if (!URL.canParse(url)) throw invalid(`servers: ${url} is not a URL`)
  const { host, pathname, protocol } = new URL(url)
  return [
    `server${index + 1}`,
    { host, protocol: protocol.slice(0, -1), ...(pathname !== '/' && { pathname }) },
  ]
}

function channelOf(stream: NamedStream, schemas: PayloadSchemas): object {
  const { address, params, contract, summary, description } = stream
  const keys = messageKeys(stream)
  const messages = Object.entries(contract.events).map(([event, schema]) => [
    keys.get(event),
    {
      name: event,
      contentType: isText(schema as StandardSchemaV1) ? 'text/plain' : 'application/json',
      payload: schemas.add(stream, event),
    },
  ])
  return {
    address,
    summary,
    ...(description && { description }),
    ...(params.length > 0 && { parameters: Object.fromEntries(params.map((name) => [name, {}])) }),
    messages: Object.fromEntries(messages),
    'x-sse-control': CONTROL_EVENTS,
  }
}

function operationOf(stream: NamedStream): object {
  const { name, address } = stream
  return {
    action: 'send',
    channel: { $ref: `#/channels/${name}` },
    summary: `Answers GET ${address} with the events`,
    bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
    messages: [...messageKeys(stream).values()].map((key) => ({
      $ref: `#/channels/${name}/messages/${key}`,
    })),
  }
}

/** Names of the messages by event: a key of a document has fewer characters than the name of an event may have. */
function messageKeys({ contract }: NamedStream): Map<string, string> {
  const keys = new Map<string, string>()
  const taken = new Set<string>()
  for (const event of Object.keys(contract.events)) {
    const key = freeName(pascal(event) || 'Event', taken)
    taken.add(key)
    keys.set(event, key)
  }
  return keys
}

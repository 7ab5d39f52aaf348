import { PARAMETERS, pathsOf, RUN_SCHEMAS, refusalsOf } from './operations.ts'
import { type DocumentWarning, PayloadSchemas } from './payload-schemas.ts'
import { REFUSAL_SCHEMA, refusalResponses } from './refusals.ts'
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
  /** Which of `securitySchemes` every operation needs, such as `[{ session: [] }]`; `[]` for none. Default: unsaid. */
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
  const { info, servers, security, securitySchemes, version = '3.2', onWarning } = options ?? {}
  checkInfo(info)
  if (version !== '3.2' && version !== '3.1') throw invalid(`version must be '3.2' or '3.1', not ${version}`)
  checkSecurity(security, securitySchemes)
  const named = readStreams(streams)
  const schemas = new PayloadSchemas({ target: 'draft-2020-12', onWarning: onWarning ?? warnOnConsole })
  schemas.components.set('Refusal', REFUSAL_SCHEMA)
  if (named.some(({ serves }) => serves === 'runs')) {
    for (const [name, schema] of Object.entries(RUN_SCHEMAS)) schemas.components.set(name, schema)
  }
  const paths = Object.assign({}, ...named.map((stream) => pathsOf(stream, schemas, version)))
  const { AcknowledgedId, LastEventId } = PARAMETERS
  return {
    openapi: version === '3.2' ? '3.2.0' : '3.1.1',
    info,
    ...(servers && { servers }),
    ...(security && { security }),
    tags: tagsOf(named),
    paths,
    components: {
      ...(securitySchemes && { securitySchemes }),
      parameters: { LastEventId, ...(named.some(({ serves }) => serves === 'hub') && { AcknowledgedId }) },
      responses: refusalResponses(named.flatMap(refusalsOf)),
      schemas: schemas.components.toJSON(),
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

/** @throws {SseError} `option_invalid` for a scheme that the document does not have. */
function checkSecurity(
  security: OpenApiOptions['security'] = [],
  schemes: OpenApiOptions['securitySchemes'] = {},
): void {
  for (const name of security.flatMap((requirement) => Object.keys(requirement))) {
    if (!Object.hasOwn(schemes, name)) {
      throw invalid(`security names "${name}", which securitySchemes does not have: add it there`)
    }
  }
}

/** One Tag Object for each tag, which names its streams. */
function tagsOf(streams: readonly NamedStream[]): object[] {
  const addresses = new Map<string, string[]>()
  for (const { tags, address } of streams) {
    for (const tag of tags) addresses.set(tag, [...(addresses.get(tag) ?? []), address])
  }
  return [...addresses].map(([name, list]) => ({ name, description: `Streams: ${list.join(', ')}` }))
}

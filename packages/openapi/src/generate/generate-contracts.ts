import { Identifiers, nameOfPath, pascal } from './identifiers.ts'
import { readDocument } from './parse-document.ts'
import { inComment, PayloadTypes } from './payload-types.ts'
import { type FoundStream, readStreams, type Unsupported } from './read-streams.ts'
import { References } from './references.ts'

export interface GenerateOptions {
  /**
   * Whether the client checks payloads at run time. `'zod'`: the file has schemas of zod 4.3 or later. Default: it has types
   * only.
   */
  validate?: 'zod' | undefined
  /**
   * Interval of the server's heartbeats in milliseconds, for streams whose document does not say. `Infinity`: it sends none, as
   * ASP.NET Core. Default 15,000, as FastAPI and sse-starlette.
   */
  heartbeatMs?: number | undefined
  /** What the first line names as the source. Default: the title of the API. */
  source?: string
}

export interface GeneratedContracts {
  /** A TypeScript file with one contract for each stream. The same document gives the same text. */
  readonly code: string
  /** Number of contracts. */
  readonly contracts: number
  /** What the document has and the contracts have not. */
  readonly unsupported: readonly Unsupported[]
  /** Number of operations that are no streams. */
  readonly otherOperations: number
}

interface NamedEvent {
  readonly name: string
  /** Name of the payload's type; `undefined` for a text. */
  readonly type: string | undefined
}

interface NamedStream extends Omit<FoundStream, 'events'> {
  readonly name: string
  readonly events: readonly NamedEvent[]
}

/**
 * Writes contracts from an OpenAPI document: each operation that answers with `text/event-stream` becomes a
 * `defineStream()`. Events are read from `itemSchema` or `schema`: an object of the event's fields with names as `const`
 * or `enum`, or a bare payload, which is an event called `message`.
 *
 * References are followed inside of the document only: no file and no URL is read.
 *
 * @param document - JSON or YAML of OpenAPI 3.0, 3.1 or 3.2, or the parsed document.
 * @throws {SseError} `document_invalid`, saying what is wrong with it.
 */
export async function generateContracts(
  document: string | object,
  options: GenerateOptions = {},
): Promise<GeneratedContracts> {
  const root = readDocument(document)
  const references = new References(root)
  const { streams: found, unsupported: left, otherOperations } = readStreams(root, references)
  const unsupported = [...left]
  const names = new Identifiers()
  const types = new PayloadTypes(references, names)
  const streams = mergeMethods(found).map((stream) => ({
    ...nameStream(stream, names, types),
    heartbeatMs: stream.heartbeatMs ?? options.heartbeatMs,
  }))
  const title = (root.info as { title?: unknown } | undefined)?.title
  const head = headOf(options.source ?? String(title ?? 'an OpenAPI document'), root.servers)
  const checked = options.validate ? checkedTypes(streams, types, unsupported) : new Set<string>()
  const code = [
    head,
    importsOf(streams, checked),
    await types.write(),
    writeValidator(checked, types),
    ...streams.map((stream) => writeStream(stream, checked)),
  ]
  return {
    code: `${code.filter(Boolean).join('\n\n')}\n`,
    contracts: streams.length,
    unsupported,
    otherOperations,
  }
}

/** One path that takes GET and POST with the same events is one contract. */
function mergeMethods(streams: readonly FoundStream[]): FoundStream[] {
  const merged: FoundStream[] = []
  for (const stream of streams) {
    const same = merged.findIndex(
      ({ path, events }) => path === stream.path && JSON.stringify(events) === JSON.stringify(stream.events),
    )
    const earlier = merged[same]
    if (earlier) merged[same] = { ...earlier, method: `${earlier.method} or ${stream.method}` }
    else merged.push(stream)
  }
  return merged
}

function nameStream(stream: FoundStream, names: Identifiers, types: PayloadTypes): NamedStream {
  const base = nameOfPath(stream.path.replace(/:(\w+)/g, '{$1}'))
  const name = names.take(base)
  const events = stream.events.map((event) => ({
    name: event.name,
    type: event.schema === undefined ? undefined : types.add(event.schema, `${pascal(base)}-${event.name}`),
  }))
  return { ...stream, name, events }
}

function headOf(source: string, servers: unknown): string {
  const urls = Array.isArray(servers)
    ? servers.map((server) => server?.url).filter((url) => typeof url === 'string')
    : []
  const lines = [`Written from ${oneLine(source)} by @sse/openapi. Do not edit: write it again.`]
  if (urls.length > 0) lines.push(`baseUrl: ${urls.map(oneLine).join(', ')}`)
  return lines.map((line) => `// ${line}`).join('\n')
}

/** The types that zod can check. */
function checkedTypes(
  streams: readonly NamedStream[],
  types: PayloadTypes,
  unsupported: Unsupported[],
): Set<string> {
  const checked = new Set<string>()
  for (const { method, path, events } of streams) {
    for (const { name, type } of events) {
      if (type === undefined) continue
      const keyword = types.findKeyword(type, NOT_IN_ZOD)
      if (keyword === undefined) checked.add(type)
      else {
        const message = `the event "${name}" is not checked at run time: zod knows no "${keyword}"`
        unsupported.push({ where: `${method} ${path}`, message })
      }
    }
  }
  return checked
}

/** Keywords that `z.fromJSONSchema` refuses. */
const NOT_IN_ZOD: ReadonlySet<string> = new Set([
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
  'dependentRequired',
  'unevaluatedItems',
  'unevaluatedProperties',
])

function importsOf(streams: readonly NamedStream[], checked: ReadonlySet<string>): string {
  const types = streams.flatMap(({ events }) => events.map(({ type }) => type))
  const used = [
    streams.length > 0 && 'defineStream',
    types.includes(undefined) && 'text',
    types.some((type) => type !== undefined && !checked.has(type)) && 'type',
  ].filter(Boolean)
  const lines = used.length > 0 ? [`import { ${used.join(', ')} } from '@sse/contract'`] : []
  if (checked.size > 0) lines.push("import { z } from 'zod'")
  return lines.join('\n')
}

/** Writes the function that makes the schema of a type, and what it reads. */
function writeValidator(checked: ReadonlySet<string>, types: PayloadTypes): string {
  if (checked.size === 0) return ''
  const schemas = JSON.stringify(types.schemasOf(checked), null, 2)
  return [
    `const $defs = ${schemas}`,
    "const payload = <T>(name: string) => z.fromJSONSchema({ $ref: '#/$defs/' + name, $defs } as never) as z.ZodType<T>",
  ].join('\n\n')
}

function writeStream(stream: NamedStream, checked: ReadonlySet<string>): string {
  const { name, path, method, summary, heartbeatMs, events } = stream
  const how = method === 'GET' ? '' : `. Open it with connect(${name}, { method: 'POST', body })`
  const doc = `${summary ? `${oneLine(summary)} ` : ''}(${method} ${path}${how})`
  return [
    `/** ${inComment(doc)} */`,
    `export const ${name} = defineStream({`,
    `  path: ${literal(path)},`,
    '  events: {',
    ...events.map((event) => `    ${keyOf(event.name)}: ${writeSchema(event, checked)},`),
    '  },',
    ...(heartbeatMs === undefined || heartbeatMs === 15_000 ? [] : [`  heartbeatMs: ${heartbeatMs},`]),
    '})',
  ].join('\n')
}

function writeSchema({ type }: NamedEvent, checked: ReadonlySet<string>): string {
  if (type === undefined) return 'text()'
  return checked.has(type) ? `payload<${type}>('${type}')` : `type<${type}>()`
}

/** A member's name. `__proto__` without brackets would set the prototype. */
function keyOf(name: string): string {
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_]\w*$/.test(name) ? name : literal(name)
}

/** A string of TypeScript with single quotes. */
function literal(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** Text for a comment of one line. */
const oneLine = (text: string): string =>
  inComment(text.replace(/[\s\u2028\u2029\p{Cc}]+/gu, ' ').trim()).slice(0, 200)

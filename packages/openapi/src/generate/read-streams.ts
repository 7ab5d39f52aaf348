import { isReservedEvent, MAX_NAME_CHARS } from '@sse/contract/protocol'
import { isNode, type Node, shown } from './parse-document.ts'
import type { References } from './references.ts'

/** An event of a stream, as a document describes it. */
export interface FoundEvent {
  readonly name: string
  /** The schema of its JSON; `undefined` for a text. */
  readonly schema: unknown
}

/** A stream, as a document describes it. */
export interface FoundStream {
  readonly method: string
  readonly path: string
  readonly summary: string | undefined
  readonly heartbeatMs: number | undefined
  readonly events: readonly FoundEvent[]
}

/** What a document has and a contract has not. */
export interface Unsupported {
  /** Such as `GET /leads`. */
  readonly where: string
  readonly message: string
}

export interface FoundStreams {
  readonly streams: readonly FoundStream[]
  readonly unsupported: readonly Unsupported[]
  /** Operations without Server-Sent Events. */
  readonly otherOperations: number
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head', 'trace', 'query']
const MAX_TIMER_MS = 2_147_483_647
const SENT_BY_LIBRARY = 'sse.'

/** Finds the streams of a document, in its order. */
export function readStreams(document: Node, references: References): FoundStreams {
  const streams: FoundStream[] = []
  const unsupported: Unsupported[] = []
  let otherOperations = 0
  for (const [path, item] of Object.entries((document.paths ?? {}) as Node)) {
    if (!isNode(item)) continue
    const { node } = references.follow(item)
    for (const method of METHODS) {
      const operation = node[method]
      if (!isNode(operation)) continue
      const where = `${method.toUpperCase()} ${shown(path)}`
      const report = (message: string) => unsupported.push({ where, message })
      const found = new OperationReader(references, report).read(method, path, node, operation)
      if (found === undefined) otherOperations += 1
      else if (found !== 'unsupported') streams.push(found)
    }
  }
  if (isNode(document.webhooks) && Object.keys(document.webhooks).length > 0) {
    unsupported.push({ where: 'webhooks', message: 'webhooks are requests to you, not streams' })
  }
  return { streams, unsupported, otherOperations }
}

class OperationReader {
  readonly #references: References
  readonly #report: (message: string) => void

  constructor(references: References, report: (message: string) => void) {
    this.#references = references
    this.#report = report
  }

  /** Returns `undefined` for an operation that answers with something else. */
  read(method: string, path: string, item: Node, operation: Node): FoundStream | 'unsupported' | undefined {
    const media = this.#findMedia(operation)
    if (!media) return undefined
    if (method !== 'get' && method !== 'post') {
      this.#report(`a client sends GET or POST, not ${method.toUpperCase()}`)
      return 'unsupported'
    }
    const contractPath = this.#toPath(path)
    if (contractPath === undefined) return 'unsupported'
    this.#reportParameters(item, operation)
    if (isNode(operation.callbacks)) this.#report('callbacks are requests to you, not events')
    const events = this.#readEvents(media)
    if (events.length === 0) {
      this.#report('it describes no event that a contract can have')
      return 'unsupported'
    }
    return {
      method: method.toUpperCase(),
      path: contractPath,
      summary: typeof operation.summary === 'string' ? operation.summary : undefined,
      heartbeatMs: readHeartbeat(media['x-sse-heartbeat-ms']),
      events,
    }
  }

  /** Returns the media type of the first answer with Server-Sent Events. */
  #findMedia(operation: Node): Node | undefined {
    const found: Node[] = []
    const others = new Set<string>()
    for (const response of Object.values((operation.responses ?? {}) as Node)) {
      if (!isNode(response)) continue
      const { content } = this.#references.follow(response).node
      for (const [type, media] of Object.entries((content ?? {}) as Node)) {
        if (!isNode(media)) continue
        if (/^text\/event-stream\s*(;|$)/i.test(type)) found.push(this.#references.follow(media).node)
        else if (found.length > 0) others.add(type)
      }
    }
    if (found.length > 1) this.#report('several answers are streams: the first one is taken')
    return found[0]
  }

  #toPath(path: string): string | undefined {
    const segments = path.split('/').slice(1)
    const names = new Set<string>()
    const parts = segments.map((segment) => {
      const [, param] = /^\{([^{}]+)\}$/.exec(segment) ?? []
      if (param === undefined)
        return /^[\w.~-]+$/.test(segment) && !/^\.+$/.test(segment) ? segment : undefined
      const name = param.replace(/\W+(\w?)/g, (_, next: string) => next.toUpperCase()).replace(/^(\d)/, '_$1')
      if (name === '' || names.has(name)) return undefined
      names.add(name)
      return `:${name}`
    })
    if (path === '/') return path
    if (!path.startsWith('/') || parts.length === 0 || parts.includes(undefined)) {
      this.#report(
        'a contract has a path of segments such as "leads" and "{owner}": a parameter is a whole segment, and nothing is encoded',
      )
      return undefined
    }
    return `/${parts.join('/')}`
  }

  /** A contract has parameters of the path only. */
  #reportParameters(item: Node, operation: Node): void {
    const given = [item.parameters, operation.parameters].flatMap((list) => (Array.isArray(list) ? list : []))
    for (const parameter of given) {
      const { name, in: place, required } = this.#references.follow(parameter).node
      if (place === 'path' || String(name).toLowerCase() === 'last-event-id') continue
      const how = place === 'query' ? 'add it with the option `url`' : 'send it with the option `headers`'
      this.#report(
        `${required === true ? 'the required' : 'the'} ${shown(String(place))} parameter ${shown(String(name))}: ${how} of connect()`,
      )
    }
  }

  #readEvents(media: Node): FoundEvent[] {
    const { itemSchema, schema } = media
    if (itemSchema !== undefined) return this.#readItem(itemSchema)
    if (schema === undefined) {
      this.#report('it has no schema: its events are texts called message')
      return [{ name: 'message', schema: undefined }]
    }
    const { node } = this.#references.follow(schema)
    if (node.type === 'string') {
      this.#report('its schema is that of the whole answer, a string: its events are texts called message')
      return [{ name: 'message', schema: undefined }]
    }
    return this.#readItem(node.type === 'array' && node.items !== undefined ? node.items : schema)
  }

  /** Reads the schema of one event: an object of its fields, or a payload. */
  #readItem(schema: unknown): FoundEvent[] {
    const { node } = this.#references.follow(schema)
    const variants = this.#variantsOf(node)
    const isEvent = [node, ...variants].some(
      (part) => isNode(part.properties) && isEventShape(part.properties),
    )
    if (!isEvent) return [{ name: 'message', schema: node === schema ? node : schema }]
    const events = new Map<string, FoundEvent>()
    const parts = variants.length > 0 ? variants : [node]
    for (const part of parts) {
      if (part['x-sse-control'] === true) continue
      for (const event of this.#readPart(part, node)) this.#add(events, event)
    }
    return [...events.values()]
  }

  #variantsOf(node: Node): Node[] {
    const list = [node.oneOf, node.anyOf].find(Array.isArray) as unknown[] | undefined
    return (list ?? []).map((variant) => this.#references.follow(variant).node)
  }

  /** Reads one alternative; what it does not say is that of the whole. */
  #readPart(part: Node, whole: Node): FoundEvent[] {
    const own = (part.properties ?? {}) as Node
    const common = (whole.properties ?? {}) as Node
    const schema = this.#readData(own.data ?? common.data)
    return this.#readNames(own.event ?? common.event).map((name) => ({ name, schema }))
  }

  #readNames(schema: unknown): string[] {
    if (schema === undefined) return ['message']
    const { node } = this.#references.follow(schema)
    if (typeof node.const === 'string') return [node.const]
    if (Array.isArray(node.enum)) return node.enum.filter((name) => typeof name === 'string')
    this.#report(
      'it does not name its events: they are taken as message. If the server names them, describe the names',
    )
    return ['message']
  }

  #readData(schema: unknown): unknown {
    if (schema === undefined) return {}
    const { node } = this.#references.follow(schema)
    const { contentMediaType, contentSchema } = node
    if (typeof contentMediaType === 'string' && !/[/+]json\b/i.test(contentMediaType)) return undefined
    if (contentSchema !== undefined) return contentSchema
    if (contentMediaType !== undefined) return {}
    if (node.type !== 'string') return schema
    // A string is not JSON unless it says so.
    return undefined
  }

  #add(events: Map<string, FoundEvent>, event: FoundEvent): void {
    const { name } = event
    if (name.startsWith(SENT_BY_LIBRARY)) return
    if (isReservedEvent(name)) {
      this.#report(`the event "${name}" is left out: EventSource or the client uses that name`)
    } else if (name.length > MAX_NAME_CHARS || /[\r\n\0]/.test(name) || name === '') {
      this.#report(`the event ${JSON.stringify(shown(name))} is left out: no event can have that name`)
    } else if (events.has(name)) {
      const earlier = events.get(name) as FoundEvent
      const schemas = [earlier.schema, event.schema].map((schema) => schema ?? { type: 'string' })
      events.set(name, { name, schema: { anyOf: schemas } })
    } else events.set(name, event)
  }
}

/** Reads the interval that `toOpenApi` has written; 0 is none. */
function readHeartbeat(ms: unknown): number | undefined {
  if (ms === 0) return Number.POSITIVE_INFINITY
  return typeof ms === 'number' && ms >= 1 && ms <= MAX_TIMER_MS ? ms : undefined
}

/** An object with `data` and another field of an event is one, and not a payload with such members. */
function isEventShape(properties: Node): boolean {
  return (
    'data' in properties &&
    Object.keys(properties).every((name) => /^(event|data|id|retry|comment)$/.test(name))
  )
}

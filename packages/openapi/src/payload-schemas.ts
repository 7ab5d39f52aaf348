import { isText } from '@sse/contract/protocol'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { type NamedStream, pascal } from './stream.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/** A payload that a document cannot describe exactly. */
export interface DocumentWarning {
  /** Path of the contract. */
  readonly path: string
  readonly event: string
  /** What is missing, and what to do. */
  readonly message: string
}

interface PayloadSchemasOptions {
  readonly target: StandardJSONSchemaV1.Target
  readonly onWarning: (warning: DocumentWarning) => void
}

/** The schemas of a document's payloads, as components that are referred to by name. */
export class PayloadSchemas {
  readonly #options: PayloadSchemasOptions
  readonly #components = new Map<string, JsonSchema>()

  constructor(options: PayloadSchemasOptions) {
    this.#options = options
  }

  get components(): Record<string, JsonSchema> {
    return Object.fromEntries(this.#components)
  }

  /** Adds the schema of one event, and returns a reference to it. */
  add(stream: NamedStream, event: string): JsonSchema {
    const schema = stream.contract.events[event] as StandardSchemaV1
    if (isText(schema)) return { type: 'string' }
    const name = this.#freeName(`${stream.name}${pascal(event) || 'Event'}`)
    this.#components.set(name, {}) // taken, also while its definitions are added
    this.#components.set(name, this.#lift(name, this.#convert(stream, event, schema)))
    return { $ref: `#/components/schemas/${name}` }
  }

  #convert({ contract }: NamedStream, event: string, schema: StandardSchemaV1): JsonSchema {
    const warn = (message: string) => this.#options.onWarning({ path: contract.path, event, message })
    const standard = schema['~standard'] as Partial<StandardJSONSchemaV1.Props> & StandardSchemaV1.Props
    if (!standard.jsonSchema) {
      warn(
        standard.vendor === '@sse/contract'
          ? 'type<T>() exists for the compiler only, so the document allows any value: use a schema of zod, valibot or arktype'
          : `the schema (${standard.vendor}) does not give its JSON Schema, so the document allows any value: use zod 4.2, arktype 2.1.28, or valibot with toStandardJsonSchema()`,
      )
      return {}
    }
    try {
      // What is on the wire is the output, as JSON.
      return standard.jsonSchema.output({ target: this.#options.target })
    } catch (error) {
      warn(
        `its output has no JSON Schema, so the document allows any value: ${(error as Error).message}. Use a schema whose output is JSON`,
      )
      return {}
    }
  }

  /** Moves the definitions of a schema to the components, where references of the document find them. */
  #lift(name: string, schema: JsonSchema): JsonSchema {
    const { $schema: _, $id: _id, $defs, definitions, ...own } = schema
    const inner = { ...(definitions as object), ...($defs as object) } as Record<string, JsonSchema>
    const names = new Map<string, string>()
    for (const key of Object.keys(inner)) {
      const free = this.#freeName(`${name}${pascal(key.replace(/^__schema/, 'part-'))}`)
      names.set(key, free)
      this.#components.set(free, {})
    }
    const point = (ref: string): string => {
      if (ref === '#') return `#/components/schemas/${name}`
      const [, key = '', rest = ''] = /^#\/(?:\$defs|definitions)\/([^/]+)(.*)$/.exec(ref) ?? []
      const target = names.get(decodePointer(key))
      if (target !== undefined) return `#/components/schemas/${target}${rest}`
      return ref.startsWith('#/') ? `#/components/schemas/${name}${ref.slice(1)}` : ref
    }
    for (const [key, target] of names) this.#components.set(target, repoint(inner[key], point) as JsonSchema)
    return repoint(own, point) as JsonSchema
  }

  #freeName(wanted: string): string {
    let name = wanted
    for (let n = 2; this.#components.has(name); n += 1) name = `${wanted}${n}`
    return name
  }
}

/** A JSON Pointer's segment in a URI. */
function decodePointer(segment: string): string {
  return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Keywords whose value is data, not a schema. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example'])

/** Copies a schema with every reference replaced. */
function repoint(value: unknown, point: (ref: string) => string, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((item) => repoint(item, point))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (isNames) return [key, repoint(item, point)]
      if (key === '$ref' && typeof item === 'string') return [key, point(item)]
      if (DATA.has(key)) return [key, item]
      // The members of these are schemas by name: a property may be called `const`.
      return [key, repoint(item, point, /^(properties|patternProperties|dependentSchemas)$/.test(key))]
    }),
  )
}

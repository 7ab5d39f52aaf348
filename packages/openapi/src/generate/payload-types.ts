import { compile, type JSONSchema } from 'json-schema-to-typescript'
import { type Identifiers, pascal } from './identifiers.ts'
import { isNode, type Node } from './parse-document.ts'
import type { References } from './references.ts'

/** Keywords whose value is data, not a schema. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example'])
/** Keywords whose members are schemas by name. */
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas'])

/** Collects the schemas of payloads, and writes their types. */
export class PayloadTypes {
  readonly #references: References
  readonly #names: Identifiers
  /** Definitions by name, in the order of their first use. */
  readonly #definitions = new Map<string, Node>()
  readonly #nameOfRef = new Map<string, string>()

  constructor(references: References, names: Identifiers) {
    this.#references = references
    this.#names = names
  }

  /** Adds a payload, and returns the name of its type. */
  add(schema: unknown, wanted: string): string {
    if (isNode(schema) && typeof schema.$ref === 'string' && Object.keys(schema).length === 1) {
      return this.#define(schema.$ref)
    }
    const name = this.#names.take(pascal(wanted) || 'Payload')
    this.#definitions.set(name, {})
    this.#definitions.set(name, this.#copy(schema) as Node)
    return name
  }

  /** The schemas of types, with everything that they refer to, for a validator. */
  schemasOf(names: Iterable<string>): Record<string, Node> {
    const used = new Set<string>()
    for (const name of names) this.#collect(name, used)
    return Object.fromEntries([...this.#definitions].filter(([name]) => used.has(name)))
  }

  /** Returns the first of some keywords that a type's schema has. */
  findKeyword(name: string, keywords: ReadonlySet<string>): string | undefined {
    return Object.values(this.schemasOf([name]))
      .map((schema) => findKeyword(schema, keywords))
      .find((found) => found !== undefined)
  }

  #collect(name: string, used: Set<string>): void {
    if (used.has(name)) return
    used.add(name)
    const text = JSON.stringify(this.#definitions.get(name) ?? {})
    for (const [, ref = ''] of text.matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)) this.#collect(ref, used)
  }

  /** Writes the types of everything that was added. */
  async write(): Promise<string> {
    if (this.#definitions.size === 0) return ''
    // A title is the name of a type; this one's is removed.
    const definitions = [...this.#definitions].map(([name, schema]) => [name, { ...schema, title: name }])
    const root = {
      title: ROOT,
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(definitions.map(([name]) => [name, { $ref: `#/$defs/${name}` }])),
      required: definitions.map(([name]) => name),
      $defs: Object.fromEntries(definitions),
    }
    const code = await compile(root as JSONSchema, ROOT, {
      additionalProperties: false,
      bannerComment: '',
      $refOptions: { resolve: { file: false, http: false, external: false } } as never,
      style: { semi: false, singleQuote: true, printWidth: 110 },
    })
    const types = code.replace(ROOT_TYPE, '').trim()
    // An alternative of which one allows anything is left out.
    const missing = [...this.#definitions.keys()].filter(
      (name) => !new RegExp(`^export (interface|type) ${name}\\b`, 'm').test(types),
    )
    return [types, ...missing.map((name) => `export type ${name} = unknown`)].filter(Boolean).join('\n')
  }

  /** Takes over a schema of the document by its reference. */
  #define(ref: string): string {
    const known = this.#nameOfRef.get(ref)
    if (known !== undefined) return known
    this.#references.follow({ $ref: ref }) // a chain of references that leads to itself is an error
    const name = this.#names.take(pascal(decodeURIComponent(ref.split('/').at(-1) ?? '')) || 'Schema')
    this.#nameOfRef.set(ref, name)
    this.#definitions.set(name, {})
    this.#definitions.set(name, this.#copy(this.#references.at(ref)) as Node)
    return name
  }

  /** Copies a schema: without titles, which would name types, and with references to the definitions of the file. */
  #copy(value: unknown, isNamed = false): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#copy(item))
    if (!isNode(value)) return value
    const copy: Record<string, unknown> = Object.create(null)
    for (const [key, item] of Object.entries(value)) {
      if (isNamed) copy[key] = this.#copy(item)
      else if (key === '$ref' && typeof item === 'string') copy.$ref = `#/$defs/${this.#define(item)}`
      else if (DATA.has(key)) copy[key] = item
      else if (key === 'description' && typeof item === 'string') copy.description = inComment(item)
      else if (key !== 'title' && !key.startsWith('x-') && !IGNORED.has(key)) {
        copy[key] = this.#copy(item, NAMED.has(key))
      }
    }
    return isNamed ? copy : nullable(copy)
  }
}

function findKeyword(value: unknown, keywords: ReadonlySet<string>, isNamed = false): string | undefined {
  if (Array.isArray(value)) return value.map((item) => findKeyword(item, keywords)).find(Boolean)
  if (!isNode(value)) return undefined
  for (const [key, item] of Object.entries(value)) {
    if (!isNamed && keywords.has(key)) return key
    if (!isNamed && DATA.has(key)) continue
    const found = findKeyword(item, keywords, !isNamed && (NAMED.has(key) || key === '$defs'))
    if (found !== undefined) return found
  }
  return undefined
}

const ROOT = 'SseDocumentPayloads'
const ROOT_TYPE = new RegExp(
  `(?:/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?export interface ${ROOT} \\{[\\s\\S]*?\\n\\}\\n?`,
)
const IGNORED = new Set([
  '$id',
  'id',
  '$schema',
  '$anchor',
  '$dynamicAnchor',
  'discriminator',
  'xml',
  'externalDocs',
  'tsType',
  'tsEnumNames',
  'extends',
])

/** OpenAPI 3.0 writes `nullable: true`. */
function nullable({ nullable: isNullable, ...schema }: Record<string, unknown>): Record<string, unknown> {
  if (isNullable !== true) return schema
  return typeof schema.type === 'string'
    ? {
        ...schema,
        type: [schema.type, 'null'],
        ...(Array.isArray(schema.enum) && { enum: [...schema.enum, null] }),
      }
    : { anyOf: [schema, { type: 'null' }] }
}

/** Text that cannot end the comment it is in. */
export function inComment(text: string): string {
  return text.replaceAll('*/', '*\\/')
}

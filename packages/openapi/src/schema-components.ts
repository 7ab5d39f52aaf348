import { freeName, pascal } from './stream.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/** Stands for the schema itself, among its definitions. */
const ROOT = ''
const COMPONENTS = '#/components/schemas/'
/** Definitions that a library has numbered: zod's `__schema0`, valibot's `0`, arktype's `intersection217`. */
const NUMBERED = /^(__schema|[a-z]*)\d+$/

/**
 * Components of a document that are JSON Schemas. A library's `$defs` become components too, because a reference such as
 * `#/$defs/Lead` is resolved from the document's root, where there are none.
 */
export class SchemaComponents {
  readonly #schemas = new Map<string, JsonSchema>()
  /** What each name of a library's definition stands for. */
  readonly #named = new Map<string, string>()

  /** Adds a component of the document's own. Its name is then taken. */
  set(name: string, schema: JsonSchema): void {
    this.#schemas.set(name, schema)
  }

  toJSON(): Record<string, JsonSchema> {
    return Object.fromEntries(this.#schemas)
  }

  /**
   * Adds a schema with its definitions, and returns a reference to it. Definitions that the app has named, such as by
   * zod's `meta({ id: 'Lead' })`, keep their names, and are shared by all schemas that contain the same one.
   */
  add(wanted: string, given: JsonSchema): JsonSchema {
    const { $schema: _, $id: _id, $defs, definitions, ...own } = given
    const parts: Parts = new Map(Object.entries({ ...(definitions as object), ...($defs as object) }))
    // A schema that is nothing but a reference to a definition is that definition.
    const [alias, deeper] = Object.keys(own).length === 1 ? readRef(own.$ref) : []
    const root = alias !== undefined && deeper === '' && parts.has(alias) ? alias : ROOT
    if (root === ROOT) parts.set(ROOT, own)

    const names = new Map<string, string>()
    const added: string[] = []
    const unnamed = partNames(wanted)
    for (const key of new Set([root, ...parts.keys()])) {
      const isNamed = key !== ROOT && !NUMBERED.test(key)
      const known = isNamed ? this.#findNamed(key, parts) : undefined
      names.set(key, known ?? (isNamed ? this.#addNamed(key, parts, wanted) : this.#take(unnamed())))
      if (known === undefined) added.push(key)
    }
    const rootName = names.get(root) as string
    const point = (ref: string) => repointed(ref, names, rootName)
    for (const key of added) {
      this.#schemas.set(names.get(key) as string, repoint(parts.get(key), point) as JsonSchema)
    }
    return { $ref: COMPONENTS + rootName }
  }

  /** The component that a definition of the same name and meaning already is. */
  #findNamed(key: string, parts: Parts): string | undefined {
    const name = safeName(key)
    return this.#named.get(name) === describe(key, parts) ? name : undefined
  }

  #addNamed(key: string, parts: Parts, prefix: string): string {
    const wanted = safeName(key)
    const name = this.#take(this.#schemas.has(wanted) ? prefix + wanted : wanted)
    this.#named.set(name, describe(key, parts))
    return name
  }

  #take(wanted: string): string {
    const name = freeName(wanted, this.#schemas)
    this.#schemas.set(name, {})
    return name
  }
}

/** The schema, as `ROOT`, and its definitions. */
type Parts = Map<string, JsonSchema>

/** Names those parts of a schema that have no name: the schema itself first, unless it has one. */
function partNames(wanted: string): () => string {
  let count = -1
  return () => {
    count += 1
    return count === 0 ? wanted : `${wanted}Part${count}`
  }
}

/** A definition with all those that it refers to, as one text to compare. */
function describe(key: string, parts: Parts): string {
  const reached = new Set([key])
  const texts: [key: string, text: string][] = []
  for (const each of reached) {
    const part = parts.get(each)
    texts.push([each, JSON.stringify(part)])
    repoint(part, (ref) => {
      const [target = ROOT] = readRef(ref)
      if (parts.has(target)) reached.add(target)
      return ref
    })
  }
  return JSON.stringify(texts)
}

/** The definition that a reference points to, and the rest of its pointer. Empty if it points elsewhere. */
function readRef(ref: unknown): [key?: string, rest?: string] {
  const [, key, rest = ''] = /^#\/(?:\$defs|definitions)\/([^/]+)(.*)$/s.exec(String(ref)) ?? []
  return key === undefined ? [] : [decodePointer(key), rest]
}

/** A reference of a library's schema, as one of the document. */
function repointed(ref: string, names: ReadonlyMap<string, string>, root: string): string {
  const [key, rest] = readRef(ref)
  const target = key === undefined ? undefined : names.get(key)
  if (target !== undefined) return COMPONENTS + target + rest
  if (ref === '#') return COMPONENTS + root
  return ref.startsWith('#/') ? COMPONENTS + root + ref.slice(1) : ref
}

/** Reads a segment of a JSON Pointer in a URI. A percent sign that encodes nothing is one. */
function decodePointer(segment: string): string {
  let text = segment
  try {
    text = decodeURIComponent(segment)
  } catch {}
  return text.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Keys of components may have these characters only. */
function safeName(key: string): string {
  return /^[\w.-]+$/.test(key) ? key : pascal(key) || 'Schema'
}

/** Keywords whose value is data, not a schema. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example'])
/** Keywords whose members are schemas by name: a property may be called `const`. */
const BY_NAME = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])

/** Copies a schema with every reference replaced. */
function repoint(value: unknown, point: (ref: string) => string, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((item) => repoint(item, point))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    if (isNames) return [[key, repoint(item, point)]]
    if (key === '$ref' && typeof item === 'string') return [[key, point(item)]]
    // References below it would be resolved from there.
    if (key === '$id' || key === '$schema') return []
    if (DATA.has(key)) return [[key, item]]
    return [[key, repoint(item, point, BY_NAME.has(key))]]
  })
  return Object.fromEntries(members)
}

import { isText } from '@sse/contract/protocol'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { type JsonSchema, SchemaComponents } from './schema-components.ts'
import { type NamedStream, pascal } from './stream.ts'

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

/** The schemas of a document's payloads: the output of each schema, because that is what the server sends. */
export class PayloadSchemas {
  readonly components: SchemaComponents = new SchemaComponents()
  readonly #options: PayloadSchemasOptions

  constructor(options: PayloadSchemasOptions) {
    this.#options = options
  }

  /** Returns a reference to the schema of one event, `{ type: 'string' }` for a text, or `{}` for any value. */
  add(stream: NamedStream, event: string): JsonSchema {
    const schema = stream.contract.events[event] as StandardSchemaV1
    if (isText(schema)) return { type: 'string' }
    const converted = this.#convert(stream, event, schema)
    return converted ? this.components.add(`${stream.name}${pascal(event) || 'Event'}`, converted) : {}
  }

  #convert({ contract }: NamedStream, event: string, schema: StandardSchemaV1): JsonSchema | undefined {
    const warn = (message: string) => this.#options.onWarning({ path: contract.path, event, message })
    const { jsonSchema, vendor } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props> &
      StandardSchemaV1.Props
    if (!jsonSchema) {
      warn(
        vendor === '@sse/contract'
          ? 'type<T>() exists for the compiler only, so the document allows any value: use a schema of zod, valibot or arktype'
          : `the schema (${vendor}) does not give its JSON Schema, so the document allows any value: use zod 4.2, arktype 2.1.28, or valibot with toStandardJsonSchema()`,
      )
      return undefined
    }
    const { result, problem } = convert(jsonSchema, this.#options.target)
    if (problem !== undefined) {
      const place = result ? 'there' : 'for the event'
      warn(
        `${problem}, so the document allows any value ${place}: use a schema whose output is JSON, such as a string for a date`,
      )
    }
    return result
  }
}

/** Asks a library for the JSON Schema of a schema's output, and for what it can say if a part of it has none. */
function convert(
  { output }: StandardJSONSchemaV1.Converter,
  target: StandardJSONSchemaV1.Target,
): { result: JsonSchema | undefined; problem?: string } {
  const skipped = new Set<string>()
  // Without it, arktype leaves out what it cannot express, and says nothing.
  const fallback = ({ code, base }: { code: string; base: unknown }) => {
    skipped.add(code)
    return base
  }
  try {
    const result = output({ target, libraryOptions: { fallback } })
    if (skipped.size === 0) return { result }
    return { result, problem: `JSON Schema has no ${[...skipped].join(', ')}` }
  } catch (error) {
    const problem = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    try {
      // The options of zod and of valibot with which they describe the rest.
      return {
        result: output({ target, libraryOptions: { unrepresentable: 'any', errorMode: 'ignore' } }),
        problem,
      }
    } catch {
      return { result: undefined, problem }
    }
  }
}

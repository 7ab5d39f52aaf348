import { SseError } from '@sse/contract'
import { parseDocument as parseYaml } from 'yaml'

/** Anything in a JSON document that is an object. */
export type Node = { readonly [key: string]: unknown }

/** Largest document, in characters. */
const MAX_CHARS = 33_554_432
/** Deepest nesting of a document: more is no description of an API. */
const MAX_DEPTH = 500

/**
 * Reads an OpenAPI document from JSON or YAML.
 *
 * @throws {SseError} `document_invalid`, saying what it is instead.
 */
export function readDocument(given: string | object): Node {
  const document = typeof given === 'string' ? parse(given) : given
  if (!isNode(document)) throw invalidDocument('it is not an object')
  checkDepth(document)
  const { openapi, swagger, asyncapi } = document
  if (typeof swagger === 'string') {
    throw invalidDocument(`it is Swagger ${shown(swagger)}: convert it to OpenAPI 3 first`)
  }
  if (typeof asyncapi === 'string') throw invalidDocument('it is an AsyncAPI document')
  if (typeof openapi !== 'string') throw invalidDocument('it has no member "openapi"')
  if (!/^3\.\d/.test(openapi)) throw invalidDocument(`it is OpenAPI ${shown(openapi)}: this reads OpenAPI 3`)
  if (document.paths !== undefined && !isNode(document.paths))
    throw invalidDocument('"paths" is not an object')
  return document
}

function parse(text: string): unknown {
  if (text.length > MAX_CHARS) throw invalidDocument(`it is larger than ${MAX_CHARS} characters`)
  const start = text.trimStart()
  if (start === '') throw invalidDocument('it is empty')
  if (start.startsWith('<'))
    throw invalidDocument('it is HTML or XML, such as a page that shows the document')
  return start.startsWith('{') || start.startsWith('[') ? parseJson(text) : parseYamlText(text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidDocument(`it is not JSON: ${shown((error as Error).message)}`)
  }
}

function parseYamlText(text: string): unknown {
  try {
    const document = parseYaml(text, { logLevel: 'silent' })
    const [error] = document.errors
    if (error) throw error
    // Aliases that multiply are a known attack on readers of YAML.
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw invalidDocument(`it is neither JSON nor YAML: ${shown((error as Error).message)}`)
  }
}

/** Without recursion: nesting may be deeper than the stack. */
function checkDepth(root: object): void {
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw invalidDocument(`it is nested deeper than ${MAX_DEPTH} levels`)
    level = level.flatMap((value) =>
      Object.values(value as object).filter((item) => typeof item === 'object' && item),
    )
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function invalidDocument(problem: string): SseError {
  return new SseError('document_invalid', `The document cannot be read: ${problem}`)
}

/** Text of a document in a message: one line, and not much of it. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text).slice(1, -1)
}

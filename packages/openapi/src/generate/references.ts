import { invalidDocument, isNode, type Node, shown } from './parse-document.ts'

/** Follows references inside of one document. Nothing else is ever read because of a reference. */
export class References {
  readonly #document: Node

  constructor(document: Node) {
    this.#document = document
  }

  /**
   * Returns what a value is, after its references; with the name of the last one.
   *
   * @throws {SseError} `document_invalid` for a reference out of the document, to nothing, or to itself.
   */
  follow(value: unknown): { readonly node: Node; readonly ref: string | undefined } {
    let node = value
    let ref: string | undefined
    const seen = new Set<string>()
    while (isNode(node) && typeof node.$ref === 'string') {
      ref = node.$ref
      if (seen.has(ref)) throw invalidDocument(`the reference ${shown(ref)} leads to itself`)
      seen.add(ref)
      node = this.at(ref)
    }
    if (node === true) return { node: {}, ref }
    if (!isNode(node)) throw invalidDocument(`${ref ? shown(ref) : 'a schema'} is not an object`)
    return { node, ref }
  }

  at(ref: string): unknown {
    if (!ref.startsWith('#/')) {
      throw invalidDocument(
        `the reference ${shown(ref)} leads out of it: bundle the document into one file first`,
      )
    }
    let node: unknown = this.#document
    for (const part of ref.slice(2).split('/')) {
      const key = decode(part)
      node =
        (isNode(node) || Array.isArray(node)) && Object.hasOwn(node, key) ? (node as Node)[key] : undefined
      if (node === undefined) throw invalidDocument(`the reference ${shown(ref)} leads to nothing`)
    }
    return node
  }
}

/** A JSON Pointer's segment in a URI. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return part
  }
}

import { SseError, type StreamContract } from '@sse/contract'

/** A contract, and what the documents cannot read from it. */
export interface DescribedStream {
  readonly contract: StreamContract
  /**
   * What serves it: `sse(contract, source)`, `sse(hub, …)` with acknowledgements, or `sse(runs, …)` with `/stop` and
   * `/status`. Default: a hub if the contract declares channels, otherwise a source.
   */
  readonly serves?: 'source' | 'hub' | 'runs'
  /** Whether a POST to the path starts a run, as with the option `start` of `sse(runs, …)`. Default `false`. */
  readonly starts?: boolean
  /** A line about the stream. Default: `Events of` and its path. */
  readonly summary?: string
  /** Markdown about the stream. */
  readonly description?: string
  /** Groups the operations. Default: the first literal segment of the path. */
  readonly tags?: readonly string[]
}

/** A contract alone is described by its defaults. */
export type StreamInput = StreamContract | DescribedStream

/** A stream with its defaults, and its names in the documents. */
export interface NamedStream extends Required<Omit<DescribedStream, 'description'>> {
  readonly description: string | undefined
  /** Such as `LeadsByOwner`; different for each stream of a document. */
  readonly name: string
  /** The path as OpenAPI and AsyncAPI write it: `/leads/{owner}`. */
  readonly address: string
  readonly params: readonly string[]
}

const SERVERS = ['source', 'hub', 'runs'] as const

/**
 * Reads the streams of a document.
 *
 * @throws {SseError} `option_invalid` for anything that is no contract, and for two streams of one path.
 */
export function readStreams(given: readonly StreamInput[]): NamedStream[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw invalid('the first argument must be a list of at least one contract')
  }
  const paths = new Map<string, string>()
  const names = new Set<string>()
  return given.map((input) => {
    const described = readInput(input)
    const { path } = described.contract
    // A document distinguishes paths by their literal segments only.
    const shape = path.replace(/:\w+/g, ':')
    const other = paths.get(shape)
    if (other !== undefined) {
      throw invalid(
        other === path
          ? `two contracts have the path "${path}": a document describes a path once, so list one of them`
          : `"${path}" and "${other}" differ only in the names of their parameters, so they are one path: change a segment of one of them`,
      )
    }
    paths.set(shape, path)
    const stream = nameStream(described, names)
    names.add(stream.name)
    return stream
  })
}

function readInput(input: StreamInput): DescribedStream {
  const described = isContract(input) ? { contract: input } : input
  if (!isContract(described?.contract)) {
    throw invalid('each stream must be a contract of defineStream(), or { contract, serves, … }')
  }
  const { contract, serves = contract.channels ? 'hub' : 'source', starts } = described
  if (!SERVERS.includes(serves)) {
    throw invalid(`"${contract.path}": serves must be '${SERVERS.join("', '")}', not ${serves}`)
  }
  if (starts && serves !== 'runs') throw invalid(`"${contract.path}": starts needs serves: 'runs'`)
  return { ...described, serves }
}

function nameStream(described: DescribedStream, taken: ReadonlySet<string>): NamedStream {
  const { contract, serves = 'source', starts = false, description, summary, tags } = described
  const segments = contract.path.split('/').filter(Boolean)
  const wanted = segments.map((part) => (part.startsWith(':') ? `By${pascal(part)}` : pascal(part))).join('')
  const address = contract.path.replace(/:(\w+)/g, '{$1}')
  return {
    contract,
    serves,
    starts,
    description,
    summary: summary ?? `Events of ${address}`,
    tags: tags ?? [segments.find((segment) => !segment.startsWith(':')) ?? 'streams'],
    name: freeName(wanted || 'Root', taken),
    address,
    params: segments.flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : [])),
  }
}

function isContract(value: unknown): value is StreamContract {
  return typeof value === 'object' && value !== null && 'path' in value && 'events' in value
}

/** Makes a name of letters and digits: `lead-added` is `LeadAdded`; any other character is its code. */
export function pascal(text: string): string {
  return text
    .split(/[\s._~:/-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace(/[^A-Za-z0-9]/gu, (char) => `U${char.codePointAt(0)?.toString(16).toUpperCase()}`)
}

/** Returns a name that is not taken: the wanted one, or with a number from 2. */
export function freeName(wanted: string, taken: { has(name: string): boolean }): string {
  let name = wanted
  for (let n = 2; taken.has(name); n += 1) name = `${wanted}${n}`
  return name
}

export function invalid(message: string): SseError {
  return new SseError('option_invalid', `openapi: ${message}`)
}

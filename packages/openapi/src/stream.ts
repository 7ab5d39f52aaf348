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
  /** A line about the stream. Default: its path and events. */
  readonly summary?: string
  /** Markdown about the stream. */
  readonly description?: string
  /** Groups the operations. Default: the first segment of the path. */
  readonly tags?: readonly string[]
}

/** A contract alone is described by its defaults. */
export type StreamInput = StreamContract | DescribedStream

/** A stream with its defaults, and its names in the documents. */
export interface NamedStream extends Required<Omit<DescribedStream, 'description'>> {
  readonly description: string | undefined
  /** Such as `LeadsByOwner`. */
  readonly name: string
  /** The path as OpenAPI and AsyncAPI write it: `/leads/{owner}`. */
  readonly address: string
  readonly params: readonly string[]
}

/**
 * Reads the streams of a document.
 *
 * @throws {SseError} `option_invalid` for anything that is no contract, and for two streams of one path.
 */
export function readStreams(given: readonly StreamInput[]): NamedStream[] {
  if (!Array.isArray(given) || given.length === 0)
    throw invalid('the first argument must be a list of contracts')
  const streams = given.map(readStream)
  const names = new Map<string, string>()
  for (const { name, contract } of streams) {
    const other = names.get(name)
    if (other !== undefined) {
      throw invalid(`"${contract.path}" and "${other}" are one path in a document; give them different paths`)
    }
    names.set(name, contract.path)
  }
  return streams
}

function readStream(given: StreamInput): NamedStream {
  const described: DescribedStream = isContract(given) ? { contract: given } : given
  const { contract } = described ?? {}
  if (!isContract(contract))
    throw invalid('each stream must be a contract of defineStream(), or { contract, … }')
  const { serves = contract.channels ? 'hub' : 'source', starts = false, description } = described
  const segments = contract.path.split('/').filter(Boolean)
  return {
    contract,
    serves,
    starts,
    description,
    summary: described.summary ?? `Events of ${contract.path}: ${Object.keys(contract.events).join(', ')}`,
    tags: described.tags ?? [segments.find((segment) => !segment.startsWith(':')) ?? 'streams'],
    name:
      segments.map((part) => (part.startsWith(':') ? `By${pascal(part)}` : pascal(part))).join('') || 'Root',
    address: contract.path.replace(/:(\w+)/g, '{$1}'),
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

export function invalid(message: string): SseError {
  return new SseError('option_invalid', `openapi: ${message}`)
}

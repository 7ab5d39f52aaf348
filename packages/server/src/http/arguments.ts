import { SseError, type StreamContract } from '@sse/contract'
import type { StreamDefinition } from './definition.ts'
import { defineHubStream, type GivenHubOptions } from './hub-stream.ts'
import { checkOptions, type GivenOptions, invalidOption, isHub } from './options.ts'
import { defineRunStream, type GivenRunOptions, isRuns } from './run-stream.ts'

/**
 * Reads the arguments of `sse`: `(hub, options)`, `(runs, options)`, `(contract, source)`, `(contract, options, source)`,
 * `(source)` or `(options, source)`.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`.
 */
export function readArguments(given: readonly unknown[]): StreamDefinition {
  const [first, ...rest] = given
  if (isRuns(first)) return defineRunStream(first, rest[0] as GivenRunOptions)
  if (isHub(first)) return defineHubStream(first, rest[0] as GivenHubOptions)
  const contract = isContract(first) ? first : undefined
  const [options, source] = readOptions(contract ? rest : given)
  if (isHub(source)) {
    const what = isRuns(source) ? 'runs' : 'hub'
    const message = `sse: a ${what} object is not a source; its stream is sse(${what}, options)`
    throw new SseError('source_invalid', message)
  }
  checkOptions(options, contract)
  if (options.compression !== undefined) {
    throw invalidOption(
      "compression is an option of a hub's stream and of runs: a source's events are not shared",
    )
  }
  if (typeof source !== 'function' && (typeof source !== 'object' || source === null)) {
    throw new SseError(
      'source_invalid',
      `sse: the source must be a function or an iterable, not ${source === null ? 'null' : typeof source}`,
    )
  }
  const makeSource = typeof source === 'function' ? (context: unknown) => source(context) : () => source
  return { contract, options, makeSource, mount: undefined }
}

function readOptions(given: readonly unknown[]): [options: GivenOptions, source: unknown] {
  return given.length > 1 ? [given[0] as GivenOptions, given[1]] : [{}, given[0]]
}

function isContract(value: unknown): value is StreamContract {
  return typeof value === 'object' && value !== null && 'path' in value && 'events' in value
}

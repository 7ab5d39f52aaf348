import { buildPath } from '@sse/contract/protocol'
import { type BodySource, buildUrl, isContract } from '../feed/connect.ts'
import { bodyText } from './body-text.ts'
import { type StreamRequest, valueKey } from './stream-request.ts'

/** `unknown`: the requests depend on something that cannot be compared. */
export type Comparison = 'same' | 'different' | 'unknown'

/** Functions whose results make up the request. */
type ResultOption = 'url' | 'body' | 'headers'

/**
 * Compares what the keys of two requests leave out; the keys themselves must be equal.
 *
 * `url`, `body` and `headers` functions that return at once are compared by what they return. Asynchronous ones,
 * `fetch`, `transport` and a store without a key are compared by identity. Other headers are never `different`: a token
 * may change while its user stays the same.
 */
export function compareRequests(known: StreamRequest, next: StreamRequest): Comparison {
  const comparisons = [
    compareResults(known, next, 'url'),
    compareResults(known, next, 'body'),
    compareResults(known, next, 'headers') === 'same' ? 'same' : 'unknown',
    ...(['fetch', 'transport', 'lastEventId'] as const).map((name) =>
      compareIdentity(known.options[name], next.options[name]),
    ),
  ]
  if (comparisons.includes('different')) return 'different'
  return comparisons.includes('unknown') ? 'unknown' : 'same'
}

function compareIdentity(known: unknown, next: unknown): Comparison {
  return known === next || !isOpaque(known) ? 'same' : 'unknown'
}

/** Everything else is part of the key. */
function isOpaque(value: unknown): boolean {
  if (typeof value === 'function') return true
  const store = value as { load?: unknown; key?: unknown } | undefined
  return typeof store?.load === 'function' && store.key === undefined
}

function compareResults(known: StreamRequest, next: StreamRequest, name: ResultOption): Comparison {
  const [knownOption, nextOption] = [known.options[name], next.options[name]]
  if (knownOption === nextOption) return 'same'
  const before = resultOf(known, name)
  // An asynchronous function that is new in every render stays one.
  if (isAsynchronous(knownOption) && typeof nextOption === 'function') asynchronous.add(nextOption)
  const result = before === undefined ? undefined : resultOf(next, name)
  // A result that also differs from one call to the other (a time, a counter) says nothing about the functions.
  if (result === undefined || resultOf(known, name) !== before) return 'unknown'
  return result === before ? 'same' : 'different'
}

/** Functions that returned a promise. They may send a request of their own: they are not called again to compare. */
const asynchronous = new WeakSet<object>()
const isAsynchronous = (option: unknown) => typeof option === 'function' && asynchronous.has(option)

/** Returns a part of the request as text; `undefined` if it is not available at once, or is binary. */
function resultOf(request: StreamRequest, name: ResultOption): string | undefined {
  const { [name]: option } = request.options
  if (typeof option !== 'function') return textOf(name, option)
  if (asynchronous.has(option)) return undefined
  try {
    const result: unknown = option(targetUrl(request))
    if (!isPromise(result)) return textOf(name, result)
    asynchronous.add(option)
    result.then(undefined, () => {})
  } catch {
    // It throws again, and is reported, when a connection calls it.
  }
  return undefined
}

function textOf(name: ResultOption, value: unknown): string | undefined {
  if (name === 'url') return String(value)
  return name === 'body' ? bodyText(value as BodySource | undefined) : valueKey(value)
}

function targetUrl({ target, options }: StreamRequest): URL {
  const path = isContract(target) ? buildPath(target.path, options.params) : String(target)
  return new URL(buildUrl(path, options.baseUrl))
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'

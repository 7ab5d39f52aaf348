import { isContract } from '../feed/connect.ts'
import { bodyText } from './body-text.ts'
import type { AnyOptions, StreamTarget } from './use-stream-options.ts'

/** Request of one component: what it wants to follow, and with which options. */
export interface StreamRequest {
  readonly target: StreamTarget
  readonly options: AnyOptions
  /** Equal for requests with equal values. Functions count only by their presence: see `compareRequests`. */
  readonly key: string
}

const numbers = new WeakMap<object, number>()
let lastNumber = 0

export function streamRequest(target: StreamTarget, options: AnyOptions): StreamRequest {
  const { body, lastEventId, enabled, ...values } = options
  const compared = {
    ...values,
    target: isContract(target) ? numberOf(target) : String(target),
    isDisabled: enabled === false,
    body: typeof body === 'function' ? body : (bodyText(body) ?? 0),
    // Two stores with the same key are the same place.
    lastEventId: typeof lastEventId === 'object' ? [lastEventId.key] : lastEventId,
  }
  return { target, options, key: valueKey(compared) }
}

/** Returns a text that is equal for equal values. All functions are equal. */
export function valueKey(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === 'function') return 0
    return isPlainObject(part) ? sorted(part) : part
  })
}

function numberOf(thing: object): number {
  const known = numbers.get(thing)
  if (known) return known
  lastNumber += 1
  numbers.set(thing, lastNumber)
  return lastNumber
}

const isPlainObject = (value: unknown): value is object =>
  Object.prototype.toString.call(value) === '[object Object]'
const sorted = (value: object): object =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))

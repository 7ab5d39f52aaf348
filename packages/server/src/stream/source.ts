import type { EventName, StreamContract } from '@sse/contract'
import { SseError } from '@sse/contract'
import type { EncodedEvent, Message } from '@sse/contract/protocol'
import { isThenable } from '../timing/is-thenable.ts'

/** An event of a stream without a contract. `data` that is a string is sent as it is, anything else as JSON. */
export interface UntypedEvent extends Omit<Message, 'data'> {
  data?: unknown
}

/** What a source yields: for a contract, results of `event()`; otherwise plain messages. */
export type Yielded<Contract> = Contract extends StreamContract
  ? EncodedEvent<EventName<Contract> | 'gap'>
  : UntypedEvent

export type Iterated<Item> = AsyncIterable<Item> | Iterable<Item> | ReadableStream<Item>

/** A stream's events: a function called for each connection, or an iterable that every connection iterates. */
export type Source<Item, Context> =
  | Iterated<Item>
  | ((context: Context) => Iterated<Item> | Promise<Iterated<Item>>)

export type Pulled = IteratorResult<unknown, unknown>

/** The part of the iterator protocol a connection uses. `next` may answer at once or later. */
export interface EventIterator {
  next(): Pulled | PromiseLike<Pulled>
  return?(): unknown
  throw?(error: unknown): Pulled | PromiseLike<Pulled>
}

interface AnyIterable {
  [Symbol.asyncIterator]: () => EventIterator
  [Symbol.iterator]: () => EventIterator
}

const CLAIMED = new WeakSet<object>()

/**
 * Starts one iteration of a source.
 *
 * @throws {SseError} `source_invalid` when it is not iterable, or serves only one connection (a generator object, a
 * ReadableStream) and already has one.
 */
export function iterate(source: unknown, path: string): EventIterator {
  if (typeof source !== 'object' || source === null) throw notIterable(source, path)
  if ('getReader' in source) {
    claim(source, path)
    const reader = (source as ReadableStream<unknown>).getReader()
    return {
      next: () => reader.read() as Promise<Pulled>,
      return: () => reader.cancel(),
    }
  }
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = source as Partial<AnyIterable>
  const start = async ?? sync
  if (typeof start !== 'function') throw notIterable(source, path)
  const iterator = start.call(source)
  if (isThenable(iterator)) {
    iterator.then(undefined, () => {}) // what is reported is that there is a promise at all
    throw notIterable(iterator, path)
  }
  // An iterator that is its own iterable can be iterated once.
  if ((iterator as unknown) === source) claim(source, path)
  return iterator
}

function claim(source: object, path: string): void {
  if (CLAIMED.has(source)) {
    throw new SseError(
      'source_invalid',
      `The source of ${path} is used up: a generator object or a ReadableStream serves one connection. Pass the function that makes it`,
    )
  }
  CLAIMED.add(source)
}

function notIterable(source: unknown, path: string): SseError {
  const shown = source === null ? 'null' : isThenable(source) ? 'a promise of an iterator' : typeof source
  return new SseError(
    'source_invalid',
    `The source of ${path} gave ${shown}; it must be an async generator function, or give an (async) iterable or a ReadableStream`,
  )
}

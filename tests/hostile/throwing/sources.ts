import { mount } from '../mount.ts'
import type { App, Callback } from './app.ts'
import type { Misbehave } from './misbehave.ts'

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()))

/** A stream whose source is made from the context. */
const stream =
  (make: (misbehave: Misbehave, app: App) => Parameters<typeof mount<App['contract']>>[2]) =>
  (app: App, misbehave: Misbehave) =>
    mount(app.contract, { onError: () => {} }, make(misbehave, app))

/** An iterable with the given verbs beside a `next` that gives one event and then waits. */
const iterable =
  (verbs: (misbehave: Misbehave) => object) =>
  (misbehave: Misbehave): Parameters<typeof mount<App['contract']>>[2] =>
  ({ event }) => {
    let isFirst = true
    const next = () => {
      if (!isFirst) return new Promise(() => {})
      isFirst = false
      return Promise.resolve({ done: false, value: event('beat', { serial: 1 }) })
    }
    return { [Symbol.asyncIterator]: () => ({ next, ...verbs(misbehave) }) }
  }

/** Everything that makes the events of a stream. */
export const sources: readonly Callback[] = [
  { name: 'a source function', handler: stream((misbehave) => misbehave) },
  {
    name: 'a source function that takes longer than its client stays',
    handler: stream((misbehave) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return misbehave()
    }),
  },
  {
    name: 'a generator, before its first event,',
    handler: stream(
      (misbehave) =>
        async function* ({ event }) {
          await misbehave()
          yield event('beat', { serial: 1 })
        },
    ),
  },
  {
    name: 'a generator, after its first event,',
    handler: stream(
      (misbehave) =>
        async function* ({ event }) {
          yield event('beat', { serial: 1 })
          await misbehave()
        },
    ),
  },
  {
    name: 'a generator, when its client has left,',
    handler: stream(
      (misbehave) =>
        async function* ({ event, signal }) {
          yield event('beat', { serial: 1 })
          await aborted(signal)
          await misbehave()
        },
    ),
  },
  {
    name: 'the finally of a generator',
    handler: stream(
      (misbehave) =>
        async function* ({ event, signal }) {
          try {
            yield event('beat', { serial: 1 })
            await aborted(signal)
          } finally {
            await misbehave()
          }
        },
    ),
  },
  {
    name: 'a generator that is given back what it yielded',
    handler: stream(
      (misbehave) =>
        async function* () {
          try {
            yield 12
          } catch {
            await misbehave()
          }
        },
    ),
  },
  {
    name: 'a generator whose yielded promise',
    handler: stream(
      (misbehave) =>
        // A plain generator: its values are not awaited by the language.
        function* () {
          yield misbehave()
        },
    ),
  },
  { name: 'the next() of an iterator', handler: stream(iterable((misbehave) => ({ next: misbehave }))) },
  { name: 'the return() of an iterator', handler: stream(iterable((misbehave) => ({ return: misbehave }))) },
  {
    name: 'the throw() of an iterator',
    handler: stream(
      iterable((misbehave) => ({ next: () => ({ done: false, value: 12 }), throw: misbehave })),
    ),
  },
  {
    name: 'the Symbol.asyncIterator of a source',
    handler: stream((misbehave) => () => ({ [Symbol.asyncIterator]: misbehave })),
  },
  {
    name: 'the pull of a ReadableStream',
    handler: stream((misbehave) => () => new ReadableStream({ pull: misbehave })),
  },
  {
    name: 'the cancel of a ReadableStream',
    handler: stream(
      (misbehave) =>
        ({ event }) =>
          new ReadableStream({
            start: (controller) => controller.enqueue(event('beat', { serial: 1 })),
            cancel: misbehave,
          }),
    ),
  },
  {
    name: 'a listener of the signal',
    handler: stream(
      (misbehave) =>
        async function* ({ event, signal }) {
          signal.addEventListener('abort', misbehave)
          yield event('beat', { serial: 1 })
          await aborted(signal)
        },
    ),
    // An EventTarget reports what its listeners throw or reject with to the process, and calls the next one.
    allowed: /^(uncaughtException|unhandledRejection): (Error: app|undefined)/,
  },
]

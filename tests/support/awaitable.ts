export interface Awaitable<Value> {
  call: (value: Value) => void
  called: Promise<Value>
}

/** A callback, and the promise of its first call. */
export function awaitable<Value = void>(): Awaitable<Value> {
  const { promise, resolve } = Promise.withResolvers<Value>()
  return { call: resolve, called: promise }
}

export interface Awaitable<Value> {
  call: (value: Value) => void
  called: Promise<Value>
}

/** A callback, and the promise of its first call. */
export function awaitable<Value = void>(): Awaitable<Value> {
  let call: (value: Value) => void = () => {}
  const called = new Promise<Value>((resolve) => {
    call = resolve
  })
  return { call, called }
}

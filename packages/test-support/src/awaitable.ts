export interface Awaitable<Value> {
  call: (value: Value) => void
  called: Promise<Value>
}

/** Creates a callback and a promise of the first value it is called with. */
export function awaitable<Value = void>(): Awaitable<Value> {
  let call: (value: Value) => void = () => {}
  const called = new Promise<Value>((resolve) => {
    call = resolve
  })
  return { call, called }
}

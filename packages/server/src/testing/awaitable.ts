/** Resolves when it is called, with what it was called with. */
export function awaitable<Value>() {
  let call: (value: Value) => void = () => {}
  const called = new Promise<Value>((resolve) => {
    call = resolve
  })
  return { call, called }
}

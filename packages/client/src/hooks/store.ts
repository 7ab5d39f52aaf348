/** Value that changes, in the form every framework can read. */
export interface Store<Value> {
  /** Current value: the same one until it changes. */
  get(): Value
  /** Calls `onChange` after every change. Returns a function that stops. */
  subscribe(onChange: () => void): () => void
}

/** Calls `show` with the current value and with every later one. Returns a function that stops. */
export function showStore<Value>(store: Store<Value>, show: (value: Value) => void): () => void {
  const update = () => show(store.get())
  const stop = store.subscribe(update)
  update()
  return stop
}

import { fromStore, type Readable, writable } from 'svelte/store'

/** Value that changes: read it as `live.current` with runes, or as `$live` with stores. */
export interface Live<Value> extends Readable<Value> {
  /** Current value. It is tracked in templates, effects and `$derived`. */
  readonly current: Value
}

/** Returns a `Live` and the function that changes it. */
export function live<Value>(first: Value): [shown: Live<Value>, show: (value: Value) => void] {
  const { subscribe, set } = writable(first)
  const rune = fromStore({ subscribe })
  const shown: Live<Value> = {
    subscribe,
    get current() {
      return rune.current
    },
  }
  return [shown, set]
}

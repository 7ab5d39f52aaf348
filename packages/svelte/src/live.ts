import { fromStore, type Readable, writable } from 'svelte/store'

/** A value that changes: `live.current` where runes are used, `$live` where stores are. */
export interface Live<Value> extends Readable<Value> {
  /** What it is now; in a template, an effect or a `$derived`, what depends on it follows. */
  readonly current: Value
}

/** A `Live`, and the function that changes it. */
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

import type { Store } from '@sse/client/hooks'
import { type Accessor, batch, createSignal } from 'solid-js'
import { whileMounted } from './while-mounted.ts'

/** Returns an accessor of the store that belongs to the current source. It is `first` until the component is mounted. */
export function useStore<Source, Value>(
  source: Accessor<Source>,
  open: (source: Source) => Store<Value>,
  first: Value,
): Accessor<Value> {
  const [value, setValue] = createSignal(first)
  let store: Store<Value>
  const show = () => setValue(() => store.get())
  whileMounted(source, (current) => {
    store = open(current)
    const stop = store.subscribe(() => showTogether(show))
    show()
    return stop
  })
  return value
}

let due = new Set<() => void>()

/** Shows what changed in one frame together: an effect that reads several stores runs once, and sees no mixture. */
function showTogether(show: () => void): void {
  if (due.add(show).size > 1) return
  queueMicrotask(() => {
    const shows = due
    due = new Set()
    batch(() => {
      for (const each of shows) each()
    })
  })
}

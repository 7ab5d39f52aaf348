import { type Store, showStore } from '@sse/client/hooks'
import { type Accessor, batch, createSignal } from 'solid-js'
import { whileMounted } from './while-mounted.ts'

/** Returns an accessor of the store that belongs to the current source. It is `first` until the component is mounted. */
export function useStore<Source, Value>(
  source: Accessor<Source>,
  open: (source: Source) => Store<Value>,
  first: Value,
): Accessor<Value> {
  const [value, setValue] = createSignal(first)
  whileMounted(source, (current) => showStore(open(current), (now) => setTogether(() => setValue(() => now))))
  return value
}

let due: (() => void)[] = []

/** Sets what changed in one frame together: an effect that reads several stores runs once, and sees no mixture. */
function setTogether(set: () => void): void {
  if (due.push(set) > 1) return
  queueMicrotask(() => {
    const sets = due
    due = []
    batch(() => {
      for (const each of sets) each()
    })
  })
}

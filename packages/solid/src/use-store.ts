import { type Store, showStore } from '@sse/client/hooks'
import { type Accessor, createSignal } from 'solid-js'
import { whileMounted } from './while-mounted.ts'

/** Returns an accessor of the store that belongs to the current source. It is `first` until the component is mounted. */
export function useStore<Source, Value>(
  source: Accessor<Source>,
  open: (source: Source) => Store<Value>,
  first: Value,
): Accessor<Value> {
  const [value, setValue] = createSignal(first)
  whileMounted(source, (current) => showStore(open(current), (now) => setValue(() => now)))
  return value
}

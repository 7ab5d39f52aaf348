import { type Store, showStore } from '@sse/client/hooks'
import { type Live, live } from './live.ts'
import { whileMounted } from './while-mounted.ts'

/** Returns the value of the store that belongs to the current source. It is `first` until the component is mounted. */
export function useStore<Source, Value>(
  source: () => Source,
  open: (source: Source) => Store<Value>,
  first: Value,
): Live<Value> {
  const [value, show] = live(first)
  whileMounted(source, (current) => showStore(open(current), show))
  return value
}

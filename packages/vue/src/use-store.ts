import { type Store, showStore } from '@sse/client/hooks'
import { type ShallowRef, shallowRef } from 'vue'
import { whileMounted } from './while-mounted.ts'

/** Returns a ref of the store that belongs to the current source. It is `first` until the component is mounted. */
export function useStore<Source extends object, Value>(
  source: () => Source,
  open: (source: Source) => Store<Value>,
  first: Value,
): Readonly<ShallowRef<Value>> {
  const value = shallowRef(first) as ShallowRef<Value>
  let opened: { source: Source; store: Store<Value> } | undefined
  whileMounted(source, (current) => {
    // A component that is activated again shows what it showed before.
    if (opened?.source !== current) opened = { source: current, store: open(current) }
    return showStore(opened.store, (now) => {
      value.value = now
    })
  })
  return value
}

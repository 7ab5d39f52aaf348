import { getCurrentInstance, onMounted, type WatchSource, watch } from 'vue'

/** Runs `start` for the value, and for each that follows it, until the component or the scope ends; never on a server. */
export function whileMounted<Value>(source: WatchSource<Value>, start: (value: Value) => () => void): void {
  const instance = getCurrentInstance()
  const begin = () => watch(source, (value, _, onCleanup) => onCleanup(start(value)), { immediate: true })
  // A server mounts nothing. In a scope without a component there is nothing to wait for.
  if (instance) onMounted(begin)
  else begin()
}

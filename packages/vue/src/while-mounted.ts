import { getCurrentInstance, onActivated, onDeactivated, onMounted, type WatchSource, watch } from 'vue'

/**
 * Runs `start` for the value, and for each later one, while the component is mounted and not deactivated by
 * `<KeepAlive>`, or until the scope ends. Never runs on a server.
 */
export function whileMounted<Value>(source: WatchSource<Value>, start: (value: Value) => () => void): void {
  const follow = () => watch(source, (value, _, onCleanup) => onCleanup(start(value)), { immediate: true })
  // A scope without a component is not mounted: it starts at once.
  if (!getCurrentInstance()) return void follow()
  let stop: (() => void) | undefined
  const begin = () => {
    stop ??= follow()
  }
  onMounted(begin)
  onActivated(begin)
  onDeactivated(() => {
    stop?.()
    stop = undefined
  })
}

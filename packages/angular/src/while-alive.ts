import { type EffectRef, effect, inject, NgZone, PLATFORM_ID, untracked } from '@angular/core'

/** Value, or a signal or function of it. */
export type MaybeSignal<Value> = Value | (() => Value)

/** Runs a task in Angular's zone, so that change detection follows. */
export type RunInZone = <Result>(task: () => Result) => Result

/** Returns the current value. It is tracked if it comes from a signal. */
export const access = <Value extends object>(value: MaybeSignal<Value>): Value =>
  typeof value === 'function' ? value() : value

/** Returns a function that runs tasks in the zone of this injection context. */
export function injectZone(): RunInZone {
  const zone = inject(NgZone)
  return (task) =>
    zone.run(() => {
      // zone.js detects changes once no microtask is pending: here once for all events that arrive together.
      queueMicrotask(() => {})
      return task()
    })
}

/**
 * Runs `start` for the value, and for each later one, until the injection context is destroyed: the component, directive
 * or service. What it starts is outside of Angular's zone: an open stream never keeps an app from becoming stable.
 * Never runs on a server.
 */
export function whileAlive<Value>(
  source: () => Value,
  start: (value: Value) => () => void,
): EffectRef | undefined {
  if (inject(PLATFORM_ID) === ('server' as unknown)) return undefined
  const zone = inject(NgZone)
  return effect((onCleanup) => {
    const value = source()
    untracked(() => onCleanup(zone.runOutsideAngular(() => start(value))))
  })
}

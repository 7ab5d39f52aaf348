import { type Accessor, createEffect, on, onCleanup } from 'solid-js'

/** Value, or accessor of it. */
export type MaybeAccessor<Value> = Value | Accessor<Value>

/** Returns the current value. It is tracked if it comes from an accessor. */
export const access = <Value extends object>(value: MaybeAccessor<Value>): Value =>
  typeof value === 'function' ? value() : value

/** Runs `start` for the value, and for each later one, until the owner is disposed. Never runs on a server. */
export function whileMounted<Value>(source: Accessor<Value>, start: (value: Value) => () => void): void {
  createEffect(on(source, (value) => onCleanup(start(value))))
}

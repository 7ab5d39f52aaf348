import { type Accessor, createEffect, on, onCleanup } from 'solid-js'

/** A value as it is, or from an accessor. */
export type MaybeAccessor<Value> = Value | Accessor<Value>

/** What it is now; tracked where it is an accessor. */
export const access = <Value extends object>(value: MaybeAccessor<Value>): Value =>
  typeof value === 'function' ? value() : value

/** Runs `start` for the value, and for each that follows it, until the owner is disposed; never on a server. */
export function whileMounted<Value>(source: Accessor<Value>, start: (value: Value) => () => void): void {
  createEffect(on(source, (value) => onCleanup(start(value))))
}

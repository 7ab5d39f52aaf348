import { adapterCallbacks } from './adapters.ts'
import type { Callback } from './app.ts'
import { callbacks } from './callbacks.ts'
import { engines } from './engine-verbs.ts'
import { sources } from './sources.ts'

/** Everything that can misbehave. */
export const table = [
  ['a source', sources],
  ['a callback', callbacks],
  ['an engine', engines],
  ['a callback in a framework', adapterCallbacks],
] as const satisfies readonly (readonly [what: string, callbacks: readonly Callback[]])[]

export function findCallback(name: string): Callback {
  const found = table.flatMap(([, callbacks]) => callbacks).find((each) => each.name === name)
  if (!found) throw new Error(`There is no callback named ${name}`)
  return found
}

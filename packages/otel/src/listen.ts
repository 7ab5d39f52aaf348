import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Diagnostics } from '@sse/server'
import { quietly } from './quietly.ts'

export type Listeners = { readonly [Name in keyof Diagnostics]?: (message: Diagnostics[Name]) => void }

/**
 * Listens to the server's diagnostics. A listener may throw: an error in a subscriber would end the process.
 *
 * @returns a function that stops. Idempotent.
 */
export function listen(listeners: Listeners): () => void {
  const guarded = Object.entries(listeners).map(([name, listener]) => {
    const call = (message: unknown) => quietly(() => (listener as (message: unknown) => void)(message))
    subscribe(name, call)
    return [name, call] as const
  })
  return () => {
    for (const [name, call] of guarded) unsubscribe(name, call)
  }
}

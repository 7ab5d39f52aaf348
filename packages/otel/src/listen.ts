import type { Diagnostics } from '@sse/server'
import { quietly } from './quietly.ts'

export type Listeners = { readonly [Name in keyof Diagnostics]?: (message: Diagnostics[Name]) => void }

interface DiagnosticsChannels {
  subscribe(name: string, listener: (message: unknown) => void): void
  unsubscribe(name: string, listener: (message: unknown) => void): void
}

interface Runtime {
  getBuiltinModule?: (id: string) => DiagnosticsChannels | undefined
}

/**
 * Listens to the server's diagnostics; to nothing on a runtime without `node:diagnostics_channel`. A listener may throw:
 * an error in a subscriber would end the process.
 *
 * @returns a function that stops. Idempotent.
 */
export function listen(listeners: Listeners): () => void {
  // Looked up instead of imported, as the server does: a bundle for Workers without Node's modules still loads.
  const { process: runtime } = globalThis as unknown as Record<'process', Runtime | undefined>
  const channels = runtime?.getBuiltinModule?.('node:diagnostics_channel')
  const guarded = Object.entries(listeners).map(([name, listener]) => {
    const call = (message: unknown) => quietly(() => (listener as (message: unknown) => void)(message))
    channels?.subscribe(name, call)
    return [name, call] as const
  })
  return () => {
    for (const [name, call] of guarded) channels?.unsubscribe(name, call)
  }
}

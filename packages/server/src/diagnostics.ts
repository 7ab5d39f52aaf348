/** What is published on `node:diagnostics_channel`, by channel name. */
export interface Diagnostics {
  /** A response has started. */
  'sse.connection.opened': { path: string }
  /** A response that had started is over: `ended`, `failed`, or the code of why. */
  'sse.connection.closed': { path: string; reason: string }
  /** A request was refused before its response started. */
  'sse.connection.rejected': { path: string; code: string; status: number }
  /** A connection went back to reading what it had missed, from `position` to `head`. */
  'sse.catchup': { behind: number; from: 'ring' | 'engine' }
  /** A connection was told that history is missing. */
  'sse.gap': { reason: string }
}

interface DiagnosticsChannel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

interface Runtime {
  getBuiltinModule?: (id: string) => { channel(name: string): DiagnosticsChannel } | undefined
}

// Asked for, not imported: the root runs where there is no such module.
const { process: runtime } = globalThis as unknown as Record<'process', Runtime | undefined>
const builtin = runtime?.getBuiltinModule?.('node:diagnostics_channel')

const channels = new Map<string, DiagnosticsChannel | undefined>()

/** Costs a lookup while nobody listens. */
export function report<Name extends keyof Diagnostics>(name: Name, message: Diagnostics[Name]): void {
  if (!builtin) return
  let channel = channels.get(name)
  if (!channel) {
    channel = builtin.channel(name)
    channels.set(name, channel)
  }
  if (channel.hasSubscribers) channel.publish(message)
}

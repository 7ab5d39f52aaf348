/** Messages published on `node:diagnostics_channel`, by channel name. */
export interface Diagnostics {
  /** A response has started. */
  'sse.connection.opened': { path: string }
  /** A started response is over. `reason` is `ended`, `failed`, or the code of why it was closed. */
  'sse.connection.closed': { path: string; reason: string }
  /** A request was refused before its response started. */
  'sse.connection.rejected': { path: string; code: string; status: number }
  /** A connection resumed reading `behind` events that it had missed. */
  'sse.catchup': { behind: number; from: 'ring' | 'engine' }
  /** A connection was sent a gap: history is missing. */
  'sse.gap': { reason: string }
}

interface DiagnosticsChannel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

interface Runtime {
  getBuiltinModule?: (id: string) => { channel(name: string): DiagnosticsChannel } | undefined
}

// Looked up instead of imported: the root also runs where this module does not exist.
const { process: runtime } = globalThis as unknown as Record<'process', Runtime | undefined>
const builtin = runtime?.getBuiltinModule?.('node:diagnostics_channel')

const channels = new Map<string, DiagnosticsChannel | undefined>()

/** Publishes a message. Without subscribers it costs one lookup. */
export function report<Name extends keyof Diagnostics>(name: Name, message: Diagnostics[Name]): void {
  if (!builtin) return
  let channel = channels.get(name)
  if (!channel) {
    channel = builtin.channel(name)
    channels.set(name, channel)
  }
  if (channel.hasSubscribers) channel.publish(message)
}

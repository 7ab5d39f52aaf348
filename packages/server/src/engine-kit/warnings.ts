interface Emitter {
  emitWarning(message: string, type: string): void
}

/**
 * Returns a function that reports each message once.
 *
 * @param type of the process warning, such as `SseRedisWarning`.
 * @param onWarning receives the messages instead of `process.emitWarning`.
 */
export function reportOnce(
  type: string,
  onWarning: (message: string) => void = (message) => {
    const { process: emitter } = globalThis as unknown as Record<'process', Emitter | undefined>
    emitter?.emitWarning(message, type)
  },
): (message: string) => void {
  const reported = new Set<string>()
  return (message) => {
    if (reported.has(message)) return
    reported.add(message)
    onWarning(message)
  }
}

import { callApp } from '../log/app-callback.ts'

interface Emitter {
  emitWarning(message: string, type: string): void
}

/**
 * Returns a function that reports each message once.
 *
 * @param type of the process warning, such as `SseRedisWarning`.
 * @param onWarning receives the messages instead of `process.emitWarning`.
 */
export function reportOnce(type: string, onWarning?: (message: string) => void): (message: string) => void {
  const reported = new Set<string>()
  const emit = (message: string) => {
    const { process: emitter } = globalThis as unknown as Record<'process', Emitter | undefined>
    emitter?.emitWarning(message, type)
  }
  return (message) => {
    if (reported.has(message)) return
    reported.add(message)
    if (onWarning)
      callApp(
        () => onWarning(message),
        (error) => emit(`onWarning failed: ${String(error)}`),
      )
    else emit(message)
  }
}

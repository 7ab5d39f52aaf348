import { afterEach, beforeEach } from 'vitest'

/** Collects what would have ended the process. Call it once for each file of tests. */
export function collectUnhandled(): string[] {
  const unhandled: string[] = []
  const collect = (error: unknown) => unhandled.push(`Unhandled: ${error}`)
  let others: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    unhandled.length = 0
    // The runner's own listeners would report it beside the test, without its name.
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', collect)
  })
  afterEach(() => {
    process.removeListener('unhandledRejection', collect)
    for (const other of others) process.on('unhandledRejection', other)
  })
  return unhandled
}

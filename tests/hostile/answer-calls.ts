/** What a child process sends to the process that has started it. */
export type Answer =
  | { type: 'ready' }
  | { type: 'result'; call: number; value: unknown }
  | { type: 'error'; call: number; message: string }
  | { type: 'failure'; message: string }

/** What a child process is sent. */
export interface Call {
  call: number
  name: string
  args: unknown[]
}

type Methods = Record<string, (...args: never[]) => unknown>

/**
 * Answers the calls of the process that has started this one, and reports to it every unhandled rejection and
 * uncaught exception. Ends with that process.
 */
export function answerCalls(methods: Methods): void {
  const send = (answer: Answer) => process.connected && process.send?.(answer)
  process.on('unhandledRejection', (reason) => {
    send({ type: 'failure', message: `unhandledRejection: ${describe(reason)}` })
  })
  process.on('uncaughtException', (error) => {
    send({ type: 'failure', message: `uncaughtException: ${describe(error)}` })
  })
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ call, name, args }: Call) => {
    try {
      const value = await methods[name]?.(...(args as never[]))
      send({ type: 'result', call, value })
    } catch (error) {
      send({ type: 'error', call, message: describe(error) })
    }
  })
  send({ type: 'ready' })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}

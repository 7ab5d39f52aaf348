type Run = <Result>(task: () => Result) => Result

interface Runtime {
  getBuiltinModule?: (id: string) => { AsyncLocalStorage: { snapshot(): Run } } | undefined
}

// Looked up instead of imported: the root also runs where this module does not exist.
const { process: runtime } = globalThis as unknown as Record<'process', Runtime | undefined>
const hooks = runtime?.getBuiltinModule?.('node:async_hooks')

const runDirectly: Run = (task) => task()

/**
 * Captures the current `AsyncLocalStorage` context. Timers and disconnects are shared by many requests: without this,
 * the app's functions would run in the context of another request.
 *
 * @returns a function that runs a task in the captured context.
 */
export function captureContext(): Run {
  return hooks?.AsyncLocalStorage.snapshot() ?? runDirectly
}

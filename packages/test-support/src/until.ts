/** Falsy values, which `until` never resolves with. */
type Falsy = false | undefined | null | 0 | ''

export interface UntilOptions {
  /** Time after which it rejects, in milliseconds. Default 30,000: a busy machine is slow. */
  timeoutMs?: number
  /** Time between two checks, in milliseconds. Default 5. */
  intervalMs?: number
}

/**
 * Waits until `check` returns a truthy value and resolves with that value. An error that `check` throws counts as "not
 * yet". Rejects after `timeoutMs` with `what`, and the last thrown error as its `cause`.
 */
export async function until<Value>(
  check: () => Value | Promise<Value>,
  what: string | (() => string) = String(check),
  { timeoutMs = 30_000, intervalMs = 5 }: UntilOptions = {},
): Promise<Exclude<Value, Falsy>> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const value = await check()
      if (value) return value as Exclude<Value, Falsy>
      cause = undefined
    } catch (error) {
      cause = error
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs))
  } while (performance.now() < deadline)
  throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`, { cause })
}

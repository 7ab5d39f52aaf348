/** A longer timer would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647

/**
 * Waits for `task`, at most `ms` milliseconds. `Infinity`: without a limit. Resolves in both cases; rejects if the task
 * does within that time.
 */
export async function atMost(ms: number, task: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    if (ms !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS))
  })
  await Promise.race([task, late]).finally(() => clearTimeout(timer))
}

import { install } from '@sinonjs/fake-timers'

/** Clock of a test; see `fakeClock`. */
export interface FakeClock extends Disposable {
  /** Current time, in milliseconds since the epoch. */
  readonly now: number
  /**
   * Advances the time. Reconnect delays, idle timeouts, heartbeats and the app's timers fire in their order, and the
   * effects of each happen before the next one fires.
   *
   * @param ms - 0 or more. 0 runs what is due now.
   */
  advance(ms: number): Promise<void>
  /** Restores the real timers. Idempotent. */
  restore(): void
}

const FAKED = [
  'Date',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'requestAnimationFrame',
  'cancelAnimationFrame',
] as const

/**
 * Replaces the global timers, animation frames and `Date` by a clock that moves only with `advance`. Create it before
 * the code it controls. The fake timers of a test runner (`vi.useFakeTimers()`, `jest.useFakeTimers()`) work as well.
 *
 * @param now - start time, in milliseconds since the epoch. Default: the current time.
 * @example
 * using clock = fakeClock()
 * server.drop()
 * await clock.advance(2_000)
 */
export function fakeClock(now: number = Date.now()): FakeClock {
  const timers = install({ now, toFake: [...FAKED], ignoreMissingTimers: true })
  let isInstalled = true
  const restore = () => {
    if (isInstalled) timers.uninstall()
    isInstalled = false
  }
  return {
    get now() {
      return timers.now
    },
    advance: async (ms) => {
      await timers.tickAsync(ms)
    },
    restore,
    [Symbol.dispose]: restore,
  }
}

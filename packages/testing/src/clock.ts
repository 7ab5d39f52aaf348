import { install } from '@sinonjs/fake-timers'

/** See `fakeClock`. */
export interface FakeClock extends Disposable {
  /** Milliseconds since the epoch. */
  readonly now: number
  /**
   * Lets time pass: reconnection delays, idle timeouts, heartbeats and what the app waits for come due in their
   * order, and what follows from each happens before the next.
   *
   * @param ms - 0 or more; 0 lets happen what is due now.
   */
  advance(ms: number): Promise<void>
  /** Gives the real timers back. Twice is nothing. */
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
 * Stops the global timers, frames and `Date`; they go on when they are told to. Make it before what it is to
 * drive. A test runner's own (`vi.useFakeTimers()`, `jest.useFakeTimers()`) do as well, in its place.
 *
 * @param now - where it starts, milliseconds since the epoch. Default: the time it is.
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

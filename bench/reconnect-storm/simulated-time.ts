/** Timers, `Date.now` and `Math.random` of this process, simulated: what is due within a step happens together. */
export interface SimulatedTime extends Disposable {
  readonly now: number
  /** Lets promises settle. */
  settle(): Promise<void>
  /** 10 ms. */
  step(): Promise<void>
}

const STEP_MS = 10

export function simulateTime(seed: number): SimulatedTime {
  const real = { setTimeout, clearTimeout, dateNow: Date.now, random: Math.random }
  const steps = new Map<number, Map<number, () => void>>()
  const stepOf = new Map<number, number>()
  let now = 1_000_000
  let lastTimer = 0
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

  globalThis.setTimeout = ((task: () => void, delayMs = 0) => {
    lastTimer += 1
    const step = Math.max(Math.ceil((now + delayMs) / STEP_MS), now / STEP_MS + 1)
    steps.set(step, (steps.get(step) ?? new Map()).set(lastTimer, task))
    stepOf.set(lastTimer, step)
    return lastTimer
  }) as unknown as typeof setTimeout
  globalThis.clearTimeout = ((timer: number) => {
    steps.get(stepOf.get(timer) ?? -1)?.delete(timer)
  }) as unknown as typeof clearTimeout
  Date.now = () => now
  Math.random = mulberry32(seed)

  return {
    get now() {
      return now
    },
    settle,
    async step() {
      now += STEP_MS
      const due = steps.get(now / STEP_MS)
      steps.delete(now / STEP_MS)
      for (const task of due?.values() ?? []) task()
      if (due) await settle()
    },
    [Symbol.dispose]() {
      globalThis.setTimeout = real.setTimeout
      globalThis.clearTimeout = real.clearTimeout
      Date.now = real.dateNow
      Math.random = real.random
    },
  }
}

/** A small generator with a seed: 32 bits of state, good enough for delays. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

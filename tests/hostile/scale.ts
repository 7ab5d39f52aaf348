/**
 * Size of the attacks, set by `HOSTILE_SCALE`. 0.2, the default, is the budget of every run of the tests. 1 has the
 * sizes at which limits were first broken, and 10 is a long run.
 */
export const SCALE = Number(process.env.HOSTILE_SCALE ?? 0.2)

/** Whether attacks that are too long for every run of the tests are included. */
export const IS_LARGE = SCALE >= 1

/** Multiplies a count of requests, sockets or streams by the scale. */
export const scaled = (count: number, least = 1): number => Math.max(least, Math.round(count * SCALE))

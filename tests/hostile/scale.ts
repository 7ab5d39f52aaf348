/** Size of the attacks: 1 for every run of the tests, 10 for a long one. Set by `HOSTILE_SCALE`. */
export const SCALE = Number(process.env.HOSTILE_SCALE ?? 1)

/** Multiplies a count of requests, sockets or streams by the scale. */
export const scaled = (count: number): number => Math.max(1, Math.round(count * SCALE))

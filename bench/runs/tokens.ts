import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Plan } from './messages.ts'

/** Occurs once in every token, and nowhere else in a response. */
export const MARK = '~'
/** Before the time at which a token was yielded, which some tokens have. */
export const TIME_MARK = '^'
const TIMED_EVERY = 25

/** Milliseconds since 1970, comparable between processes of this machine. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Tokens as a model emits them. The pace does not wait for the reader: a late reader gets several at once. */
export async function* tokens(
  { tokensPerStream, everyMs, streams }: Plan,
  index: number,
): AsyncGenerator<string, void> {
  // The streams are spread over the pause.
  const startsAt = performance.now() + (everyMs * index) / streams
  for (let n = 0; n < tokensPerStream; n++) {
    if (everyMs === 0) await turn()
    else {
      const leftMs = startsAt + n * everyMs - performance.now()
      if (leftMs > 0) await wait(leftMs)
    }
    yield n % TIMED_EVERY === 0 ? `${MARK}${TIME_MARK}${now().toFixed(1)}; ` : `${MARK}tok${n % 10} `
  }
}

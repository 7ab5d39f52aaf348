/** What is published: numbered, so that order and loss show, and of one size. */
export interface Tick {
  n: number
  text: string
}

/** Seven digits, so that every payload has the same length. */
const FIRST = 1_000_000
/**
 * Stands once in every payload, near its end, and nowhere else in a response: counting it counts events. Not the
 * "~" of other benchmarks here, which a WebSocket's frame may begin with.
 */
export const MARK = '|'

export function makeText(payloadBytes: number): string {
  return MARK.padStart(payloadBytes - JSON.stringify({ n: FIRST, text: '' }).length, 'x')
}

export function makeTick(index: number, text: string): Tick {
  return { n: FIRST + index, text }
}

/** Creates a repeatable sequence of whole numbers from 0 to `below - 1`: a linear congruential generator. */
export function createRandom(): (below: number) => number {
  let state = 1
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

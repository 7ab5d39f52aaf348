export interface Spread {
  median: number
  min: number
  max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]] as [number, number]
  return { median: (low + high) / 2, min: sorted[0] as number, max: sorted.at(-1) as number }
}

/** A row's figures as multiples of the floor's, round by round: both met the same noise. */
export function ratioSpread(values: readonly number[], floor: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (floor[round] as number)))
}

import type { Place } from './place.ts'
import type { Reader, Stretch } from './reader.ts'
import type { Truth } from './truth.ts'

export interface Verdict {
  /** Events that were between two that a reader got, or after its last, and that it neither got nor was told of. */
  lost: number
  /** Events that came again, or after a later one. */
  repeated: number
  problems: string[]
}

/** What of a reader is looked at. */
export type Told = Pick<Reader, 'name' | 'channels' | 'stretches' | 'problems'>

/**
 * Holds what a reader was told against all that is known: every event of its channels, in order, once, or a gap
 * said first.
 *
 * @param end - the log that there is in the end; readers have had the time to reach it.
 * @param mayTrim - whether history was trimmed: else nobody may be told so.
 */
export function verify(truth: Truth, reader: Told, end: { epoch: string }, mayTrim: boolean): Verdict {
  const verdict: Verdict = { lost: 0, repeated: 0, problems: reader.problems.map(named) }
  function named(problem: string): string {
    return `${reader.name}: ${problem}`
  }
  for (const [index, stretch] of reader.stretches.entries()) {
    const next = reader.stretches[index + 1]
    const before = reader.stretches[index - 1]
    const isRight = !before || isGapRight(before, stretch, mayTrim)
    if (!isRight) verdict.problems.push(named(`a gap for nothing: ${stretch.gap} at ${print(stretch)}`))

    const { epoch, position, positions, serials } = stretch
    let last = position
    for (const [nth, at] of positions.entries()) {
      if (at > last) last = at
      else {
        verdict.repeated += 1
        verdict.problems.push(named(`${print({ epoch, position: at })} came after ${last}`))
      }
      truth.learn({ epoch, position: at }, serials[nth] as number)
      const channel = truth.publications.get(serials[nth] as number)?.channel ?? 'nowhere'
      if (!reader.channels.includes(channel)) verdict.problems.push(named(`got an event of ${channel}`))
    }
    // Where the next gap was said, and in the end all that is there, it had to have.
    const isLast = next === undefined
    if (isLast && epoch !== end.epoch) verdict.problems.push(named(`was left in ${epoch}`))
    const until = isLast ? Number.POSITIVE_INFINITY : last
    const got = new Set(positions)
    for (const at of truth.positionsOf(epoch, reader.channels)) {
      if (at <= position || at > until || got.has(at)) continue
      verdict.lost += 1
      verdict.problems.push(named(`${print({ epoch, position: at })} never came`))
    }
  }
  return verdict
}

function isGapRight(before: Stretch, { gap, epoch, position }: Stretch, mayTrim: boolean): boolean {
  const last = before.positions.at(-1) ?? before.position
  if (gap === 'epoch') return epoch !== before.epoch
  if (gap === 'trimmed') return mayTrim && epoch === before.epoch && position > last
  return false
}

function print({ epoch, position }: Place): string {
  return `${epoch}-${position}`
}

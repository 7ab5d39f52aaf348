/** Runs the scenarios of the tests with a malformed engine: an event loop that never ends must not stop the tests. */

import type { PresenceStore } from '@sse/server/engine-kit'
import { answerCalls } from './answer-calls.ts'
import { checkAnswer, checkValue } from './engines/answer-scenario.ts'
import { checkAnyEntries } from './engines/entry-property.ts'
import { findViolations, good, type Received, readEverywhere, type Write } from './engines/entry-scenario.ts'
import {
  MALFORMED,
  type MalformedEntry,
  makeMalformed,
  malformedEntries,
} from './engines/malformed-entries.ts'
import { malformedPages } from './engines/malformed-pages.ts'
import type { Verb } from './engines/overridden-engine.ts'
import { type PagePlace, pageScenarios } from './engines/page-scenario.ts'
import { CHANNEL } from './engines/serials.ts'
import { type WrongAnswer, wrongAnswers, wrongPresence, wrongValues } from './engines/wrong-answers.ts'

/** How often an entry may be reported, at least and at most. */
const REPORTS = { skipped: [1, 1], delivered: [0, 0], either: [0, 1] } as const
const MORE_THAN_A_PAGE = 1_100

const write = (malformed: MalformedEntry): Write => ({
  channel: CHANNEL,
  make: (position, at) => makeMalformed(malformed, position, at),
})

const named = <Case extends readonly [string, ...unknown[]]>(cases: readonly Case[], name: string): Case => {
  const found = cases.find(([each]) => each === name)
  if (!found) throw new Error(`There is no case named ${name}`)
  return found
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

function countReports(received: Received, [least, most]: readonly [number, number]): string[] {
  const hubs = [
    ['The hub that followed the log', received.errors, least],
    // It may read the entry only for readers of its channel, who have asked for others.
    ['The hub after the restart', received.errorsAfterRestart, 0],
  ] as const
  return hubs.flatMap(([hub, errors, fewest]) => {
    if (errors.length >= fewest && errors.length <= most) return []
    const wanted = fewest === most ? most : `${fewest} to ${most}`
    return [`${hub} reported ${errors.length} errors; expected ${wanted}. ${errors[0] ?? ''}`]
  })
}

// Every method resolves with what is wrong, in full sentences.
answerCalls({
  /** One malformed entry between well-formed ones. */
  async entry(name: string): Promise<string[]> {
    const entry = named(malformedEntries, name)
    const [, outcome] = entry
    const received = await readEverywhere([good(2), write(entry), good(3)], 3)
    const expected = [1, 2, ...(outcome === 'delivered' ? [MALFORMED] : []), 3, 4, 5, 6, 7, 8, 9]
    const violations = findViolations(received, expected, outcome === 'either' ? MALFORMED : undefined)
    return [...violations, ...countReports(received, REPORTS[outcome])]
  },
  /** All entries that are to be skipped, each followed by a well-formed one. */
  async several(): Promise<string[]> {
    const broken = malformedEntries.filter(([, outcome]) => outcome === 'skipped')
    const last = broken.length + 1
    const writes = broken.flatMap((entry, index) => [write(entry), good(index + 2)])
    const received = await readEverywhere(writes, last)
    const violations = findViolations(received, upTo(last + 6))
    return [...violations, ...countReports(received, [broken.length, broken.length])]
  },
  /** More malformed entries in a row than a hub reads at a time. */
  async many(): Promise<string[]> {
    const empty = named(malformedEntries, 'an empty event name')
    const writes = Array.from({ length: MORE_THAN_A_PAGE }, () => write(empty))
    return findViolations(await readEverywhere([...writes, good(2)], 2), upTo(8))
  },
  /** Anything in every field. */
  async any(numRuns: number, isShrinking: boolean): Promise<string[]> {
    try {
      await checkAnyEntries(numRuns, isShrinking)
      return []
    } catch (error) {
      const { message, cause } = error as Error
      return [`${message}\n${cause}`]
    }
  },
  /** Every malformed page, each to a hub of its own. */
  pages: (place: PagePlace) => checkAll(malformedPages, (page) => pageScenarios[place](page)),
  /** Every wrong answer of a verb. */
  answers: (verb: Verb) =>
    checkAll<WrongAnswer>(wrongAnswers[verb], (wrong) => checkAnswer('engine', verb, wrong)),
  presence: (verb: keyof PresenceStore) =>
    checkAll<WrongAnswer>(wrongPresence[verb], (wrong) => checkAnswer('presence', verb, wrong)),
  /** Every wrong value of what is no verb. */
  values: (name: keyof typeof wrongValues) =>
    checkAll(
      wrongValues[name].map(
        (value: unknown) =>
          [typeof value === 'bigint' ? '5n' : (JSON.stringify(value) ?? String(value)), value] as const,
      ),
      ([, value]) => checkValue(name, value),
    ),
})

/** Cases that run at the same time: most of each is waiting. */
const AT_ONCE = 8

/** Runs a check for each case and resolves with what is wrong, with the name of the case. */
async function checkAll<Case extends readonly [name: string, ...unknown[]]>(
  cases: readonly Case[],
  check: (each: Case) => Promise<string[]>,
): Promise<string[]> {
  const violations: string[] = []
  const rest = [...cases]
  const work = async () => {
    for (let each = rest.shift(); each; each = rest.shift()) {
      const [name] = each
      const found = await check(each).catch((error: unknown) => [String(error)])
      violations.push(...found.map((violation) => `${name}: ${violation}`))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return violations
}

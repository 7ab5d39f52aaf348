import { afterAll, describe, expect, it } from 'vitest'
import { type Child, startChild } from './child-process.ts'
import { malformedKinds } from './engines/malformed-entries.ts'
import { malformedPages } from './engines/malformed-pages.ts'
import type { PagePlace } from './engines/page-scenario.ts'
import { wrongAnswers, wrongPresence, wrongValues } from './engines/wrong-answers.ts'
import { SCALE, scaled } from './scale.ts'

const TIMEOUT_MS = 90_000
const CALL_TIMEOUT_MS = 80_000
const RUNS = 10

let child: Child | undefined
afterAll(() => child?.stop())

const names = (table: object) => Object.keys(table).map((name) => [name] as const)

/** What is wrong, also when the process no longer answers. */
async function findViolations(name: string, ...args: unknown[]): Promise<string[]> {
  child ??= await startChild('malformed-engine-process.ts', {}, CALL_TIMEOUT_MS)
  const { failures } = child
  const before = failures.length
  const violations = await child.call<string[]>(name, ...args).catch(async (error) => {
    await child?.stop()
    child = undefined
    return [String(error)]
  })
  return [...violations, ...failures.slice(before)]
}

describe('an engine that returns', { timeout: TIMEOUT_MS }, () => {
  it.for(names(malformedKinds))(
    'an entry whose %s is wrong in every way: it is skipped and reported once, and every other event arrives live, from behind the ring and after a restart',
    async ([kind]) => {
      expect(await findViolations('entries', kind)).toEqual([])
    },
  )

  it('several malformed entries: each is reported once, and the entries between them arrive', async () => {
    expect(await findViolations('several')).toEqual([])
  })

  it('more malformed entries than are read at a time: the entries after them arrive', async () => {
    expect(await findViolations('many')).toEqual([])
  })

  // A counterexample costs seconds of waiting for what does not come: it is shrunk in long runs only.
  it.for(Array.from({ length: scaled(4) }, (_, index) => [index + 1] as const))(
    'anything: no well-formed event is lost or doubled, and their order is kept (part %i)',
    async () => {
      expect(await findViolations('any', RUNS, SCALE > 1)).toEqual([])
    },
  )
})

const PLACES: readonly (readonly [string, PagePlace])[] = [
  ['when it is followed', 'live'],
  ['when history is read', 'history'],
  ['when a process starts', 'start'],
]

describe(`an engine that returns each of ${malformedPages.length} malformed pages once`, {
  timeout: TIMEOUT_MS,
}, () => {
  it.for(PLACES)('%s: every event arrives once it is well again', async ([, place]) => {
    expect(await findViolations('pages', place)).toEqual([])
  })
})

describe('an engine that answers wrongly for a while', { timeout: TIMEOUT_MS }, () => {
  it.for(names(wrongAnswers))('to %s(): every stored event arrives once it is well again', async ([verb]) => {
    expect(await findViolations('answers', verb)).toEqual([])
  })

  it.for(names(wrongPresence))('to presence.%s(): every stored event arrives', async ([verb]) => {
    expect(await findViolations('presence', verb)).toEqual([])
  })

  it.for(names(wrongValues))(
    'with %s: events are delivered, or the hub says what is wrong',
    async ([name]) => {
      expect(await findViolations('values', name)).toEqual([])
    },
  )
})

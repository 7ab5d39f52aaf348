import { defineStream, type } from '@sse/contract'
import { describe, expectTypeOf, it } from 'vitest'
import { sse } from '../index.ts'
import { createRuns, type Run, type RunOutcome, type RunStatus } from './index.ts'

const answers = defineStream({
  path: '/answers/:run',
  events: { delta: type<string>(), usage: type<{ tokens: number }>() },
})
const runs = createRuns(answers, { merge: { delta: (earlier, later) => earlier + later } })

describe('createRuns', () => {
  it('types merge functions by their event', () => {
    createRuns(answers, {
      merge: {
        usage: (earlier, later) => {
          expectTypeOf(earlier).toEqualTypeOf<{ tokens: number }>()
          return { tokens: earlier.tokens + later.tokens }
        },
      },
    })
    // @ts-expect-error another payload
    createRuns(answers, { merge: { delta: () => 1 } })
    // @ts-expect-error not an event
    createRuns(answers, { merge: { nothing: () => 'a' } })
  })
})

describe('start', () => {
  it('types the context of a source', async () => {
    const run = await runs.start('a', async function* ({ event, id, attempt, signal }) {
      expectTypeOf(id).toBeString()
      expectTypeOf(attempt).toBeNumber()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      yield event('delta', 'a')
      yield event('usage', { tokens: 1 })
      // @ts-expect-error another payload
      yield event('delta', 1)
      // @ts-expect-error not an event
      yield event('nothing', 1)
    })
    expectTypeOf(run).toEqualTypeOf<Run>()
    expectTypeOf(await run.done).toEqualTypeOf<RunOutcome>()
    expectTypeOf(await runs.status('a')).toEqualTypeOf<RunStatus>()
  })

  it('takes events of the contract only', () => {
    // @ts-expect-error a string is no event
    runs.start('a', async function* () {
      yield 'a'
    })
    // @ts-expect-error not one of the three
    runs.start('a', () => [], { ifRunning: 'maybe' })
  })
})

describe('follow and open', () => {
  it('are sources of a stream, and loops with typed payloads', async () => {
    sse(answers, ({ params }) => runs.follow(params.run))
    sse(answers, ({ params, lastEventId }) =>
      runs.open(params.run, ({ event }) => [event('delta', 'a')], { after: lastEventId }),
    )
    for await (const { event, payload } of runs.follow('a')) {
      if (event === 'delta') expectTypeOf(payload).toBeString()
      if (event === 'usage') expectTypeOf(payload).toEqualTypeOf<{ tokens: number }>()
    }
  })

  it('are no source of a stream of another contract', () => {
    const other = defineStream({ path: '/other', events: { other: type<number>() } })
    // @ts-expect-error its events are not in this contract
    sse(other, () => runs.follow('a'))
  })
})

import { defineStream, type } from '@sse/contract'
import { describe, expectTypeOf, it } from 'vitest'
import { type NestNative, sse as sseNest } from '../adapters/nest.ts'
import { type RunRequest, type StreamContext, sse } from '../index.ts'
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

describe('sse(runs, options)', () => {
  interface User {
    id: string
    isAdmin: boolean
  }
  const userOf = async (_: Request): Promise<User | null> => null

  it('types the identity and the action, and takes a source with options', () => {
    sse(runs, {
      authorize: ({ request, params, action, identity }) => {
        expectTypeOf(params.run).toBeString()
        expectTypeOf(action).toEqualTypeOf<'follow' | 'start' | 'stop' | 'status'>()
        expectTypeOf(identity).toEqualTypeOf<undefined>()
        return userOf(request)
      },
      id: ({ identity, params }) => `${identity.id}:${params.run}`,
      start: async ({ request, identity }) => {
        expectTypeOf(identity).toEqualTypeOf<User>()
        const { question, chat } = (await request.json()) as { question: string; chat: string }
        return {
          group: chat,
          source: async function* ({ event, signal }) {
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
            yield event('delta', question)
          },
        }
      },
    })
    sse(runs, {
      authorize: () => true,
      start: ({ params }) =>
        async function* ({ event }) {
          yield event('delta', params.run)
        },
    })
    sse(runs, { authorize: () => 'ada' })
  })

  it('does not compile without authorize, with another event, or with the signal of the connection', () => {
    // @ts-expect-error authorize is missing
    sse(runs, {})
    sse(runs, {
      authorize: () => true,
      // @ts-expect-error not an event of the contract
      start: () => ['a'],
    })
    sse(runs, {
      authorize: () => true,
      // @ts-expect-error it aborts when the client leaves, and the run does not
      start: ({ signal }) => [signal],
    })
    // @ts-expect-error no such option
    sse(runs, { authorize: () => true, channels: 'a' })
    // @ts-expect-error no source follows runs
    sse(runs, () => [])
  })

  it('decorates a Nest method', () => {
    class AnswersController {
      @sseNest(runs, {
        start:
          ({ params }) =>
          ({ event }) => [event('delta', params.run)],
      })
      authorize({ req, action }: StreamContext<typeof answers> & RunRequest & NestNative) {
        return action === 'stop' && req.url ? 'ada' : null
      }
    }
    expectTypeOf(AnswersController).toBeConstructibleWith()
  })
})

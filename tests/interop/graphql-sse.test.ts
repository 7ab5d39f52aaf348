import { setTimeout as delay } from 'node:timers/promises'
import { defineStream, SseError, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { graphql } from '@sse/server/dialects'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { serve } from '@sse/test-support/http-server'
import { until } from '@sse/test-support/until'
import type { ExecutionResult } from 'graphql'
import { createClient } from 'graphql-sse'
import { describe, expect, it } from 'vitest'

const subscription = defineStream({
  path: '/graphql',
  heartbeatMs: 20,
  events: { next: type<ExecutionResult<{ count: number }>>() },
})
/** Long enough for several heartbeats. */
const QUIET_MS = 100
const SECRET = 'postgres://admin:secret@10.0.0.1'
const dialect = graphql()
const onError = () => {}
const result = (count: number) => ({ data: { count } })

/** Subscribes with graphql-sse's client in distinct connections mode. */
async function subscribe(origin: string, retryAttempts = 0) {
  const client = createClient({ url: `${origin}/graphql`, retryAttempts, retry: () => Promise.resolve() })
  const seen: unknown[] = []
  try {
    for await (const next of client.iterate({ query: 'subscription { count }' })) seen.push(next)
    return { seen }
  } catch (error) {
    return { seen, error }
  } finally {
    client.dispose()
  }
}

const generator = (fail?: Error, options = {}) =>
  serve(
    sse(subscription, { dialect, onError, ...options }, async function* ({ event }) {
      yield event('next', result(1))
      await delay(QUIET_MS)
      if (fail) throw fail
      yield event('next', result(2))
      await delay(QUIET_MS)
    }),
  )

describe('graphql-sse’s client', () => {
  it('reads a generator stream with heartbeats in between and a slow end', async () => {
    await using server = await generator()
    expect(await subscribe(server.origin)).toEqual({ seen: [result(1), result(2)] })
  })

  it.each([
    ['quota', 'No credit left', new SseError('quota', 'No credit left', { cause: SECRET })],
    ['internal', 'Internal error', new Error(SECRET)],
  ])(
    'gets the public error %s of a source that fails as a result, and then the end',
    async (code, message, fail) => {
      await using server = await generator(fail)
      expect(await subscribe(server.origin)).toEqual({
        seen: [result(1), { errors: [{ message, extensions: { code } }] }],
      })
    },
  )

  it('subscribes again when the server closes the connection', async () => {
    let calls = 0
    await using server = await serve(
      sse(subscription, { dialect, onError, maxConnectionMs: 60 }, async function* ({ event }) {
        calls += 1
        yield event('next', result(calls))
        if (calls === 1) await delay(5_000)
      }),
    )
    expect(await subscribe(server.origin, 3)).toEqual({ seen: [result(1), result(2)] })
  })

  it('reads a run to its end, also one that fails', async () => {
    const runs = createRuns(subscription, { onError })
    let fail: Error | undefined
    await using server = await serve(
      sse(subscription, { dialect, onError }, () =>
        runs.open(fail ? 'fails' : 'completes', async function* ({ event }) {
          yield event('next', result(1))
          await delay(QUIET_MS)
          if (fail) throw fail
        }),
      ),
    )
    expect(await subscribe(server.origin)).toEqual({ seen: [result(1)] })
    fail = new Error(SECRET)
    const internal = { message: 'Internal error', extensions: { code: 'internal' } }
    expect(await subscribe(server.origin)).toEqual({ seen: [result(1), { errors: [internal] }] })
    await runs.close()
  })

  it('reads a hub’s stream, gets a gap as errors, and the end of an access', async () => {
    const hub = createHub(subscription, { onError })
    await hub.publish('all', 'next', result(1))
    const options = { dialect, onError, authorize: () => 'ada' as const }
    await using server = await serve(
      sse(subscription, options, ({ identity }) => hub.subscribe('all', { after: 'unknown-1', identity })),
    )
    const subscribed = subscribe(server.origin)
    await until(() => hub.stats().connections === 1)
    await hub.publish('all', 'next', result(2))
    await delay(QUIET_MS)
    await hub.revoke('ada')
    const { seen } = await subscribed
    expect(seen).toEqual([
      { errors: [{ message: 'Events are missing: epoch', extensions: { code: 'gap' } }] },
      result(2),
      { errors: [{ message: 'Access to this stream was revoked', extensions: { code: 'revoked' } }] },
    ])
    await hub.close()
  })
})

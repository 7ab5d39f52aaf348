import { connect } from '@sse/client'
import { defineStream, type SseError, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { awaitable } from '@sse/test-support/awaitable'
import { serve } from '@sse/test-support/http-server'
import { expect, it } from 'vitest'

const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })

it('a feed whose fetch was wrapped by something that clones and reads every response still closes its connection', async () => {
  const left = awaitable<SseError>()
  await using server = await serve(
    sse(numbers, async function* ({ event, signal }) {
      signal.addEventListener('abort', () => left.call(signal.reason))
      yield event('number', 1)
      await left.called
    }),
  )
  // As monitoring tools do with `window.fetch`.
  const wrapped: typeof fetch = async (...given) => {
    const response = await fetch(...given)
    response
      .clone()
      .text()
      .catch(() => {})
    return response
  }
  const feed = connect(numbers, { baseUrl: server.origin, fetch: wrapped })
  for await (const { payload } of feed) {
    expect(payload).toBe(1)
    break
  }
  feed.close()
  expect(await left.called).toMatchObject({ code: 'client_gone' })
})

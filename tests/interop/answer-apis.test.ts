import { setTimeout as delay } from 'node:timers/promises'
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk'
import { defineStream, SseError, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { plain } from '@sse/server/dialects'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { serve } from '@sse/test-support/http-server'
import OpenAI, { APIError as OpenAIError } from 'openai'
import { describe, expect, it } from 'vitest'

/** Long enough for several heartbeats. */
const QUIET_MS = 100
const HEARTBEAT_MS = 20
const SECRET = 'postgres://admin:secret@10.0.0.1'
const dialect = plain()
const onError = () => {}
const quota = new SseError('quota', 'You have no credit left', { cause: SECRET })

/** What follows the first half of an answer. */
type Rest = 'complete' | 'failed' | 'internal'

async function pause(rest: Rest): Promise<void> {
  await delay(QUIET_MS)
  if (rest === 'failed') throw quota
  if (rest === 'internal') throw new Error(SECRET)
}

/** Reads a stream to its end, or to the error that it throws. */
async function collect<Item>(stream: AsyncIterable<Item>): Promise<{ seen: Item[]; error?: unknown }> {
  const seen: Item[] = []
  try {
    for await (const item of stream) seen.push(item)
    return { seen }
  } catch (error) {
    return { seen, error }
  }
}

describe('OpenAI’s client', () => {
  const completions = defineStream({
    path: '/chat/completions',
    heartbeatMs: HEARTBEAT_MS,
    events: { message: type<OpenAI.ChatCompletionChunk>() },
  })
  const chunk = (content: string): OpenAI.ChatCompletionChunk => ({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })

  async function ask(baseURL: string) {
    const client = new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0 })
    const stream = await client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
    const { seen, error } = await collect(stream)
    return { text: seen.map(({ choices }) => choices[0]?.delta.content).join(''), error }
  }

  const generator = (rest: Rest, options = {}) =>
    serve(
      sse(completions, { dialect, onError, ...options }, async function* ({ event }) {
        yield event('message', chunk('Hel'))
        await pause(rest)
        yield event('message', chunk('lo'))
        await delay(QUIET_MS)
      }),
    )

  it('reads a generator stream with heartbeats in between and a slow end', async () => {
    await using server = await generator('complete')
    expect(await ask(server.origin)).toEqual({ text: 'Hello', error: undefined })
  })

  it('throws the public error of a source that fails', async () => {
    await using server = await generator('failed')
    const { text, error } = await ask(server.origin)
    expect(text).toBe('Hel')
    expect(error).toBeInstanceOf(OpenAIError)
    expect(error).toMatchObject({ code: 'quota', type: 'quota', message: 'You have no credit left' })
  })

  it('throws an error without internals when the source fails otherwise', async () => {
    await using server = await generator('internal')
    const { error } = await ask(server.origin)
    expect(error).toMatchObject({ code: 'internal', message: 'Internal error' })
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  it('throws when the server closes the connection, so that half an answer is not taken for all of it', async () => {
    await using server = await generator('complete', { maxConnectionMs: 60 })
    expect(await ask(server.origin)).toMatchObject({ text: 'Hel', error: { code: 'rotated' } })
  })

  it('reads a run that completes, and throws the error of one that fails', async () => {
    const runs = createRuns(completions, { onError })
    let rest: Rest = 'complete'
    await using server = await serve(
      sse(completions, { dialect, onError }, () =>
        runs.open(rest, async function* ({ event }) {
          yield event('message', chunk('Hel'))
          await pause(rest)
          yield event('message', chunk('lo'))
        }),
      ),
    )
    expect(await ask(server.origin)).toEqual({ text: 'Hello', error: undefined })
    rest = 'failed'
    expect(await ask(server.origin)).toMatchObject({ text: 'Hel', error: { code: 'quota' } })
    await runs.close()
  })

  it('reads a hub’s stream, whose start is an id and no event', async () => {
    const hub = createHub(completions, { onError })
    await hub.publish('all', 'message', chunk('Hel'))
    await hub.publish('all', 'message', chunk('lo'))
    const { lastEventId } = await hub.getState(() => 0)
    const after = `${lastEventId.split('-')[0]}-0`
    await using server = await serve(
      sse(completions, { dialect, onError }, () => hub.subscribe('all', { after })),
    )
    const asked = ask(server.origin)
    const response = await fetch(`${server.origin}/chat/completions`)
    await delay(QUIET_MS)
    await hub.close()
    expect(await response.text()).toMatch(/^:\nid: \w+-0\n\nid: \w+-1\ndata: {/)
    expect(await asked).toMatchObject({ text: 'Hello', error: { code: 'shutdown' } })
  })
})

describe('Anthropic’s client', () => {
  type Events = Anthropic.MessageStreamEvent
  const messages = defineStream({
    path: '/v1/messages',
    heartbeatMs: HEARTBEAT_MS,
    events: {
      content_block_delta: type<Extract<Events, { type: 'content_block_delta' }>>(),
      message_stop: type<Extract<Events, { type: 'message_stop' }>>(),
    },
  })
  const delta = (text: string) =>
    ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }) as const

  async function ask(baseURL: string) {
    const client = new Anthropic({ apiKey: 'k', baseURL, maxRetries: 0 })
    const stream = await client.messages.create({
      model: 'm',
      max_tokens: 8,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
    return collect(stream)
  }

  const generator = (rest: Rest) =>
    serve(
      sse(messages, { dialect, onError }, async function* ({ event }) {
        yield event('content_block_delta', delta('Hel'))
        await pause(rest)
        yield event('content_block_delta', delta('lo'))
        yield event('message_stop', { type: 'message_stop' })
        await delay(QUIET_MS)
      }),
    )

  it('reads a generator stream with heartbeats in between and a slow end', async () => {
    await using server = await generator('complete')
    expect(await ask(server.origin)).toEqual({
      seen: [delta('Hel'), delta('lo'), { type: 'message_stop' }],
    })
  })

  it.each([
    ['failed', 'quota', 'You have no credit left'],
    ['internal', 'internal', 'Internal error'],
  ] as const)('throws the public error of a source that has %s', async (rest, code, message) => {
    await using server = await generator(rest)
    const { seen, error } = await ask(server.origin)
    expect(seen).toEqual([delta('Hel')])
    expect(error).toBeInstanceOf(AnthropicError)
    expect(error).toMatchObject({ type: code, error: { type: 'error', error: { type: code, message } } })
    expect(JSON.stringify(error)).not.toContain('secret')
  })
})

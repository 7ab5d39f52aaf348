import { setTimeout as delay } from 'node:timers/promises'
import { defineStream, SseError, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { aiSdk } from '@sse/server/dialects'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { serve } from '@sse/test-support/http-server'
import { until } from '@sse/test-support/until'
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import { describe, expect, it } from 'vitest'

const chat = defineStream({ path: '/chat', heartbeatMs: 20, events: { chunk: type<UIMessageChunk>() } })
/** Where the transport resumes the stream of a chat. */
const resumed = defineStream({ ...chat, path: '/chat/:chat/stream' })
type Event<Made> = (name: 'chunk', payload: UIMessageChunk) => Made

const BEGIN: UIMessageChunk[] = [
  { type: 'start', messageId: 'm1' },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Hel' },
]
const REST: UIMessageChunk[] = [
  { type: 'text-delta', id: 't', delta: 'lo' },
  { type: 'text-end', id: 't' },
  { type: 'finish' },
]
const ALL = [...BEGIN, ...REST]
/** Long enough for several heartbeats. */
const QUIET_MS = 100
const SECRET = 'postgres://admin:secret@10.0.0.1'

/** An answer with a pause in its middle. `fail` throws after it. */
async function* answer<Made>(
  event: Event<Made>,
  { fail, signal }: { fail?: Error; signal?: AbortSignal } = {},
) {
  for (const chunk of BEGIN) yield event('chunk', chunk)
  await delay(QUIET_MS, undefined, signal && { signal })
  if (fail) throw fail
  for (const chunk of REST) yield event('chunk', chunk)
  await delay(QUIET_MS)
}

const onError = () => {}
const question: UIMessage = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }

/** Sends a message with the AI SDK's own transport and reads the answer's chunks. */
async function ask(
  api: string,
  { reconnect = false, fetch = globalThis.fetch } = {},
): Promise<UIMessageChunk[] | null> {
  const transport = new DefaultChatTransport({ api, fetch })
  const stream = reconnect
    ? await transport.reconnectToStream({ chatId: 'c' })
    : await transport.sendMessages({
        chatId: 'c',
        messages: [question],
        trigger: 'submit-message',
        messageId: undefined,
        abortSignal: undefined,
      })
  return stream && collect(stream)
}

async function collect(stream: ReadableStream<UIMessageChunk>): Promise<UIMessageChunk[]> {
  const seen: UIMessageChunk[] = []
  for await (const chunk of stream) seen.push(chunk)
  return seen
}

const dialect = aiSdk()

describe('the AI SDK’s transport reads a generator stream', () => {
  it('with heartbeats in between and a slow end, without an error', async () => {
    await using server = await serve(sse(chat, { dialect }, ({ event }) => answer(event)))
    expect(await ask(`${server.origin}/chat`)).toEqual(ALL)
  })

  it('and shows the public message of an error that the source throws', async () => {
    const fail = new SseError('quota', 'You have no credit left', { cause: SECRET })
    await using server = await serve(sse(chat, { dialect, onError }, ({ event }) => answer(event, { fail })))
    expect(await ask(`${server.origin}/chat`)).toEqual([
      ...BEGIN,
      { type: 'error', errorText: 'You have no credit left' },
    ])
  })

  it('and never gets the message of an internal error', async () => {
    const fail = new Error(SECRET)
    await using server = await serve(sse(chat, { dialect, onError }, ({ event }) => answer(event, { fail })))
    const response = await fetch(`${server.origin}/chat`, { method: 'POST' })
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    const text = await response.text()
    expect(text).toContain('\n:\n')
    expect(text).not.toMatch(/sse\.|secret/)
    expect(text).toMatch(/data: {"type":"error","errorText":"Internal error"}\n\ndata: \[DONE\]\n\n$/)
  })

  it('and gets an error when the server closes the connection in the middle', async () => {
    const options = { dialect, onError, maxConnectionMs: 60 }
    await using server = await serve(sse(chat, options, ({ event }) => answer(event)))
    expect(await ask(`${server.origin}/chat`)).toEqual([
      ...BEGIN,
      { type: 'error', errorText: 'The connection has reached its maximum age' },
    ])
  })
})

it('the AI SDK’s transport reads a hub’s stream, from which nothing but the app’s chunks arrives', async () => {
  const hub = createHub(chat, { onError })
  const { lastEventId } = await hub.getState(() => 0)
  const options = { dialect, authorize: () => true as const, channels: 'all', after: () => lastEventId }
  await using server = await serve(sse(hub, options))
  const asked = fetch(`${server.origin}/chat`)
  for (const chunk of BEGIN) await hub.publish('all', 'chunk', chunk)
  const response = await asked
  await delay(QUIET_MS)
  for (const chunk of REST) await hub.publish('all', 'chunk', chunk)
  const [text] = await Promise.all([response.text(), delay(QUIET_MS).then(() => hub.close())])
  expect(text).not.toContain('sse.')
  const replay: typeof fetch = async () => new Response(text)
  expect(await ask('/chat', { fetch: replay })).toEqual([
    ...ALL,
    { type: 'error', errorText: 'The server is shutting down' },
  ])
})

describe('the AI SDK’s transport reads a run', () => {
  async function open(options: { fail?: Error; maxAttempts?: number } = {}) {
    const runs = createRuns(chat, { onError })
    const post = sse(chat, { dialect, onError }, () =>
      runs.open('r', ({ event, signal }) => answer(event, { ...options, signal }), { group: 'c' }),
    )
    const resume = sse(resumed, { dialect, onError }, ({ params }) =>
      runs.follow({ group: params.chat }, { onlyRunning: true }),
    )
    const server = await serve((req, res) => (req.method === 'POST' ? post : resume)(req, res))
    return {
      runs,
      api: `${server.origin}/chat`,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await runs.close()
      },
    }
  }

  it('to its end, and resumes it with a full replay while it is running', async () => {
    await using run = await open()
    const asked = ask(run.api)
    let replayed: UIMessageChunk[] | null = null
    while (replayed === null) replayed = await ask(run.api, { reconnect: true })
    expect(replayed).toEqual(ALL)
    expect(await asked).toEqual(ALL)
    const stream = new ReadableStream({
      start(controller) {
        for (const chunk of ALL) controller.enqueue(chunk)
        controller.close()
      },
    })
    let message: UIMessage | undefined
    for await (const seen of readUIMessageStream({ stream })) message = seen
    expect(message?.parts).toMatchObject([{ type: 'text', text: 'Hello' }])
  })

  it('and has nothing to resume before it was started and once it has ended', async () => {
    await using run = await open()
    expect(await ask(run.api, { reconnect: true })).toBeNull()
    await ask(run.api)
    expect(await ask(run.api, { reconnect: true })).toBeNull()
  })

  it('and gets the chunk abort when it is stopped', async () => {
    await using run = await open()
    const asked = ask(run.api)
    await until(async () => (await run.runs.latest('c'))?.status === 'running')
    let seen = 0
    for await (const _ of run.runs.follow('r')) {
      seen += 1
      if (seen === BEGIN.length) break
    }
    await run.runs.stop('r')
    expect(await asked).toEqual([...BEGIN, { type: 'abort', reason: 'stopped' }])
  })

  it('and gets an error when events are missing', async () => {
    await using run = await open()
    const { api, runs } = run
    await ask(api)
    await using server = await serve(sse(chat, { dialect }, () => runs.follow('r', { after: 'unknown-1' })))
    expect(await ask(`${server.origin}/chat`)).toEqual([
      { type: 'error', errorText: 'Parts of the answer are missing; load it again' },
      ...ALL,
    ])
  })

  it('and gets an error when it fails', async () => {
    await using run = await open({ fail: new Error(SECRET) })
    expect(await ask(run.api)).toEqual([...BEGIN, { type: 'error', errorText: 'Internal error' }])
  })
})

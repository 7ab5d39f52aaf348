import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Chat } from '@ai-sdk/react'
import { createChat, mergeChunks, uiMessages } from '@sse/ai'
import { sseChatTransport } from '@sse/ai/client'
import { memory } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { until } from '@sse/test-support/until'
import { type ChatTransport, DefaultChatTransport, type UIMessage, type UIMessageChunk } from 'ai'
import { describe, expect, it } from 'vitest'
import { ANSWER, moment, startChatServer } from './chat-server.ts'

async function temporaryFile(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sse-chat-'))
  return {
    path: join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const headers = { 'x-user': 'ada' }
const question = (id = 'q1', text = 'Hi'): UIMessage => ({
  id,
  role: 'user',
  parts: [{ type: 'text', text }],
})

interface Asked {
  readonly chatId?: string
  readonly message?: UIMessage
  readonly trigger?: 'submit-message' | 'regenerate-message'
  readonly signal?: AbortSignal
}

const ask = (
  transport: ChatTransport<UIMessage>,
  { chatId = 'ada-1', message, trigger, signal }: Asked = {},
) =>
  transport.sendMessages({
    chatId,
    messages: [message ?? question()],
    trigger: trigger ?? 'submit-message',
    messageId: trigger === 'regenerate-message' ? 'a1' : undefined,
    abortSignal: signal,
  })

const textOf = (chunks: readonly UIMessageChunk[]): string =>
  chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('')

async function collect(stream: ReadableStream<UIMessageChunk> | null): Promise<UIMessageChunk[]> {
  const chunks: UIMessageChunk[] = []
  for await (const chunk of stream ?? []) chunks.push(chunk)
  return chunks
}

const transports = {
  'the AI SDK’s transport': {
    isNative: false,
    make: (api: string) => new DefaultChatTransport({ api, headers }),
  },
  sseChatTransport: {
    isNative: true,
    make: (api: string, options: { fetch?: typeof fetch } = {}) =>
      sseChatTransport({ api, headers, ...options }),
  },
}

describe.each(Object.entries(transports))('with %s', (_, { isNative, make }) => {
  it('an answer arrives whole, with its first chunk before its last', async () => {
    await using server = await startChatServer({ engine: memory(), isNative })
    const chunks = await collect(await ask(make(server.api)))
    expect(textOf(chunks)).toBe(ANSWER)
    expect(chunks.at(0)?.type).toBe('start')
    expect(chunks.at(-1)?.type).toBe('finish')
    expect(server.asked).toEqual(['ada-1'])
  })

  it('a message that is sent twice at once is answered once, to both', async () => {
    await using server = await startChatServer({ engine: memory(), isNative })
    const transport = make(server.api)
    const answers = await Promise.all([ask(transport), ask(transport)])
    const [one, other] = await Promise.all(answers.map(collect))
    expect(one).toEqual(other)
    expect(textOf(one as UIMessageChunk[])).toBe(ANSWER)
    expect(server.asked).toHaveLength(1)
  })

  it('a page that is loaded again gets the answer from its start, from another process', async () => {
    await using file = await temporaryFile('chat.db')
    await using first = await startChatServer({ engine: sqlite(file.path), isNative })
    await using second = await startChatServer({ engine: sqlite(file.path), isNative })
    const reader = (await ask(make(first.api))).getReader()
    await reader.read()
    await reader.cancel()
    const resumed = await collect(await make(second.api).reconnectToStream({ chatId: 'ada-1' }))
    expect(textOf(resumed)).toBe(ANSWER)
    expect(second.asked).toEqual([])
    expect(await make(second.api).reconnectToStream({ chatId: 'ada-1' })).toBeNull()
  })

  it('an answer is stopped from another process: its model is aborted, and its reader told', async () => {
    await using file = await temporaryFile('chat.db')
    await using first = await startChatServer({ engine: sqlite(file.path), isNative, chunkDelayMs: 500 })
    await using second = await startChatServer({ engine: sqlite(file.path), isNative })
    const answer = await ask(make(first.api))
    const [chunks, end] = await Promise.all([collect(answer), second.chat.stop('ada-1')])
    expect(end).toMatchObject({ status: 'stopped' })
    expect(chunks.at(-1)).toMatchObject({ type: 'abort' })
    await until(() => first.aborted.length === 1)
    expect(await second.chat.stop('ada-1')).toMatchObject({ status: 'stopped' })
    expect(await second.chat.stop('ada-none')).toBeUndefined()
  })

  it('a new message stops the answer before it, and generating again makes another answer', async () => {
    await using server = await startChatServer({ engine: memory(), isNative, chunkDelayMs: 30 })
    const transport = make(server.api)
    const first = collect(await ask(transport))
    const second = collect(await ask(transport, { message: question('q2') }))
    expect((await first).at(-1)?.type).toBe('abort')
    expect(textOf(await second)).toBe(ANSWER)
    const again = collect(await ask(transport, { message: question('q2'), trigger: 'regenerate-message' }))
    expect(textOf(await again)).toBe(ANSWER)
    expect(server.asked).toHaveLength(3)
  })

  it('a message is answered again when its content has changed under the same id', async () => {
    await using server = await startChatServer({ engine: memory(), isNative, chunkDelayMs: 1 })
    const transport = make(server.api)
    await collect(await ask(transport, { message: question('a1', 'tool called') }))
    await collect(await ask(transport, { message: question('a1', 'tool called, with its output') }))
    expect(server.asked).toHaveLength(2)
  })

  it('a chat of another user is refused on every route', async () => {
    await using server = await startChatServer({ engine: memory(), isNative })
    const transport = make(server.api)
    await expect(ask(transport, { chatId: 'eve-1' })).rejects.toThrow()
    await expect(transport.reconnectToStream({ chatId: 'eve-1' })).rejects.toThrow()
    const stop = await fetch(`${server.api}/eve-1/stop`, { method: 'POST', headers })
    expect(stop.status).toBe(403)
    expect(server.asked).toEqual([])
  })

  it('an answer that fails ends with an error that shows nothing of the server', async () => {
    const secret = 'postgres://admin:secret@10.0.0.1'
    const answer = async function* (): AsyncGenerator<UIMessageChunk> {
      yield { type: 'start', messageId: 'm' }
      throw new Error(secret)
    }
    await using server = await startChatServer({ engine: memory(), isNative, answer })
    const shown = await collect(await ask(make(server.api))).then(JSON.stringify, String)
    expect(shown).toContain('Internal error')
    expect(shown).not.toContain('secret')
  })

  it('a model that throws before its first chunk ends the answer with an error', async () => {
    const answer = () => {
      throw new Error('no model')
    }
    await using server = await startChatServer({ engine: memory(), isNative, answer })
    const shown = await ask(make(server.api)).then(collect).then(JSON.stringify, String)
    expect(shown).toContain('Internal error')
  })

  it('an answer of a process that shuts down ends with an error', async () => {
    await using file = await temporaryFile('chat.db')
    const silent = () => new ReadableStream<UIMessageChunk>()
    const first = await startChatServer({ engine: sqlite(file.path), isNative, answer: silent })
    await using second = await startChatServer({ engine: sqlite(file.path), isNative })
    void ask(make(first.api)).catch(() => {})
    await until(async () => (await second.runs.latest('ada-1')) !== undefined)
    const resumed = await make(second.api).reconnectToStream({ chatId: 'ada-1' })
    await using _ = first
    const end = collect(resumed).then(JSON.stringify, String)
    await first.runs.close()
    expect(await end).toMatch(/interrupted|crashed|shutting down/)
  })
})

describe('sseChatTransport', () => {
  it('continues an answer after the last chunk when the connection is cut, and repeats none', async () => {
    await using server = await startChatServer({ engine: memory(), isNative: true })
    let cuts = 0
    const cutting: typeof fetch = async (input, init) => {
      const abort = new AbortController()
      const signal = AbortSignal.any([abort.signal, ...(init?.signal ? [init.signal] : [])])
      const response = await fetch(input, { ...init, signal })
      if (cuts < 3) setTimeout(() => abort.abort(new TypeError('network')), 120)
      cuts += 1
      return response
    }
    const transport = sseChatTransport({
      api: server.api,
      headers,
      fetch: cutting,
      reconnect: { jitterMs: 1, maxJitterMs: 1 },
    })
    expect(textOf(await collect(await ask(transport)))).toBe(ANSWER)
    expect(server.asked).toHaveLength(1)
    expect(cuts).toBeGreaterThan(1)
  })

  it('stops the answer on the server when useChat stops, unless it should not', async () => {
    await using server = await startChatServer({ engine: memory(), isNative: true, chunkDelayMs: 1_000 })
    const stopping = new AbortController()
    await ask(sseChatTransport({ api: server.api, headers }), { signal: stopping.signal })
    await until(async () => (await server.runs.latest('ada-1')) !== undefined)
    stopping.abort()
    await until(async () => (await server.runs.latest('ada-1'))?.status === 'stopped')

    const leaving = new AbortController()
    const transport = sseChatTransport({ api: server.api, headers, stopsAnswer: false })
    await ask(transport, { chatId: 'ada-2', signal: leaving.signal })
    await until(async () => (await server.runs.latest('ada-2')) !== undefined)
    leaving.abort()
    await moment()
    expect(await server.runs.latest('ada-2')).toMatchObject({ status: 'running' })
  })
})

describe('sseChatTransport in a Chat that resumes twice, as in React’s strict mode', () => {
  it('does not stop the answer when the second resume takes the place of the first', async () => {
    await using server = await startChatServer({ engine: memory(), isNative: true, chunkDelayMs: 50 })
    await ask(sseChatTransport({ api: server.api, headers }))
    const chat = new Chat({ id: 'ada-1', transport: sseChatTransport({ api: server.api, headers }) })
    await Promise.all([chat.resumeStream(), chat.resumeStream()])
    expect(await server.runs.latest('ada-1')).toMatchObject({ status: 'completed' })
    expect(chat.lastMessage?.parts.at(-1)).toMatchObject({ type: 'text', text: ANSWER })
  })

  it('does not stop the answer when a page that shows it resumes again', async () => {
    await using server = await startChatServer({ engine: memory(), isNative: true, chunkDelayMs: 50 })
    await ask(sseChatTransport({ api: server.api, headers }))
    const chat = new Chat({ id: 'ada-1', transport: sseChatTransport({ api: server.api, headers }) })
    const first = chat.resumeStream()
    await until(() => chat.status === 'streaming')
    await Promise.all([first, chat.resumeStream()])
    expect(await server.runs.latest('ada-1')).toMatchObject({ status: 'completed' })
    expect(chat.lastMessage?.parts.at(-1)).toMatchObject({ type: 'text', text: ANSWER })
  })

  it('stops the answer when the user stops one that was resumed', async () => {
    await using server = await startChatServer({ engine: memory(), isNative: true, chunkDelayMs: 1_000 })
    await ask(sseChatTransport({ api: server.api, headers }))
    const chat = new Chat({ id: 'ada-1', transport: sseChatTransport({ api: server.api, headers }) })
    void chat.resumeStream()
    await until(() => chat.status === 'submitted' || chat.status === 'streaming')
    await chat.stop()
    await until(async () => (await server.runs.latest('ada-1'))?.status === 'stopped')
  })
})

describe('a request that is no chat’s', () => {
  const invalid: readonly (readonly [name: string, body: unknown])[] = [
    ['without a body', undefined],
    ['that is a text', 'hello'],
    ['with an empty id', { id: '', messages: [] }],
    ['with a huge id', { id: 'a'.repeat(201), messages: [] }],
    ['with an id that is a number', { id: 1, messages: [] }],
    ['with a control character in its id', { id: 'a\nb', messages: [] }],
    ['without messages', { id: 'ada-1' }],
    ['with an unknown trigger', { id: 'ada-1', messages: [], trigger: 'drop' }],
    ['with a message id that is an object', { id: 'ada-1', messages: [], messageId: {} }],
  ]

  it.each(invalid)('%s is refused as chat_invalid, and nothing is started', async (_, body) => {
    await using runs = createRuns(uiMessages)
    const chat = createChat(runs)
    const answer = () => expect.unreachable()
    await expect(chat.send(body, answer)).rejects.toMatchObject({ code: 'chat_invalid', status: 400 })
  })

  it('is refused with a huge or empty id on resume and stop as well', async () => {
    await using runs = createRuns(uiMessages)
    const chat = createChat(runs)
    for (const id of ['', 'a'.repeat(201)]) {
      expect(() => chat.resume(id)).toThrow(expect.objectContaining({ code: 'chat_invalid' }))
      await expect(chat.stop(id)).rejects.toMatchObject({ code: 'chat_invalid' })
    }
  })
})

describe('mergeChunks', () => {
  const text = (delta: string, id = 't') => ({ type: 'text-delta', id, delta }) as const

  it('joins parts of the same text, and never those of two', () => {
    expect(mergeChunks(text('a'), text('b'))).toEqual(text('ab'))
    expect(mergeChunks(text('a'), text('b', 'u'))).toBeUndefined()
    expect(mergeChunks(text('a'), { type: 'reasoning-delta', id: 't', delta: 'b' })).toBeUndefined()
    expect(mergeChunks({ type: 'text-start', id: 't' }, text('b'))).toBeUndefined()
  })

  it('keeps a provider’s metadata with its chunk', () => {
    const signed = { ...text('a'), providerMetadata: { x: { signature: 's' } } }
    expect(mergeChunks(signed, text('b'))).toBeUndefined()
  })

  it('joins parts of one tool’s input', () => {
    const input = (toolCallId: string, inputTextDelta: string) =>
      ({ type: 'tool-input-delta', toolCallId, inputTextDelta }) as const
    expect(mergeChunks(input('c', '{"a'), input('c', '":1}'))).toEqual(input('c', '{"a":1}'))
    expect(mergeChunks(input('c', '{'), input('d', '}'))).toBeUndefined()
  })
})

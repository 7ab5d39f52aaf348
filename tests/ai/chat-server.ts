import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, createChat, mergeChunks, resumedMessages, uiMessages } from '@sse/ai'
import { aiSdk } from '@sse/server/dialects'
import type { Engine } from '@sse/server/engine-kit'
import { sse } from '@sse/server/express'
import { createRuns } from '@sse/server/runs'
import { serve } from '@sse/test-support/http-server'
import { simulateReadableStream, streamText } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import express from 'express'

/** Words of each answer, and the pause between two of them. */
export const WORDS = Array.from({ length: 20 }, (_, n) => `word${n} `)
export const ANSWER: string = WORDS.join('')

/** A model that needs no key: it streams the words. */
export function slowModel(chunkDelayInMs: number): MockLanguageModelV4 {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  }
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunkDelayInMs,
        chunks: [
          { type: 'text-start', id: 't' },
          ...WORDS.map((delta) => ({ type: 'text-delta', id: 't', delta }) as const),
          { type: 'text-end', id: 't' },
          { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage },
        ],
      }),
    }),
  })
}

interface ChatServerOptions {
  readonly engine: Engine
  readonly isNative?: boolean
  readonly answer?: Answer
  readonly chunkDelayMs?: number
}

/** A process of a chat app, as an app would write it. The header `x-user` signs in. */
export async function startChatServer({
  engine,
  isNative = false,
  answer,
  chunkDelayMs = 25,
}: ChatServerOptions) {
  const asked: string[] = []
  const aborted: unknown[] = []
  const errors: unknown[] = []
  const runs = createRuns(uiMessages, {
    engine,
    leaseMs: 2_000,
    merge: { chunk: mergeChunks },
    onError: (error) => errors.push(error),
  })
  const chat = createChat(runs)
  const answerSlowly: Answer = ({ chatId, signal }) => {
    asked.push(chatId)
    signal.addEventListener('abort', () => aborted.push(signal.reason))
    return streamText({
      model: slowModel(chunkDelayMs),
      prompt: 'Hi',
      abortSignal: signal,
    }).toUIMessageStream()
  }
  /** A chat belongs to the user whose name it begins with. */
  const authorize = (user: string | undefined, chatId: unknown) =>
    user === undefined ? null : String(chatId).startsWith(`${user}-`) && user
  const options = {
    ...(isNative ? {} : { dialect: aiSdk() }),
    onError: (error: unknown) => errors.push(error),
  }

  const app = express().use(express.json())
  app.post(
    uiMessages.path,
    sse(
      uiMessages,
      { authorize: ({ req }) => authorize(req.get('x-user'), req.body?.id), ...options },
      ({ req }) => chat.send(req.body, answer ?? answerSlowly),
    ),
  )
  app.get(
    resumedMessages.path,
    sse(
      resumedMessages,
      { authorize: ({ req, params }) => authorize(req.get('x-user'), params.chat), ...options },
      ({ params, lastEventId }) => chat.resume(params.chat, lastEventId),
    ),
  )
  app.post(`${uiMessages.path}/:chat/stop`, async (req, res) => {
    if (!authorize(req.get('x-user'), req.params.chat)) return res.sendStatus(403)
    return res.json((await chat.stop(req.params.chat)) ?? null)
  })
  const server = await serve(app)
  return {
    ...server,
    api: `${server.origin}${uiMessages.path}`,
    runs,
    chat,
    asked,
    aborted,
    errors,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await runs.close()
    },
  }
}

/** Resolves in a moment: for what must not happen. */
export const moment = (): Promise<void> => delay(50)

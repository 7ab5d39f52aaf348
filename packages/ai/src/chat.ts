import { digest } from '@sse/contract/protocol'
import type { Subscription } from '@sse/server'
import type { RunOutcome, Runs } from '@sse/server/runs'
import type { UIMessageChunk } from 'ai'
import { type ChatRequest, checkId, readChatRequest } from './chat-request.ts'
import type { ResumedMessages, UiMessages } from './ui-messages.ts'

/** Argument of the function that answers. */
export interface AnswerContext extends Omit<ChatRequest, 'answerKey'> {
  /** Aborts when the answer is stopped, from any process. Pass it to the model as `abortSignal`. */
  readonly signal: AbortSignal
}

/** Chunks of an answer, such as `streamText(…).toUIMessageStream()`. */
type Chunks = AsyncIterable<UIMessageChunk> | ReadableStream<UIMessageChunk>

/** Answers the messages of a chat. Called once for each answer, in one process. */
export type Answer = (context: AnswerContext) => Chunks | PromiseLike<Chunks>

/** The answers of chats: one at a time in each chat. Each method serves one route. */
export interface Chat {
  /**
   * Returns the source of the stream that `useChat` posts to. Starts an answer, or joins it if the same message was
   * sent before; an earlier answer of the chat that is still running is stopped.
   *
   * @param body - the parsed JSON of the request. Its `messages` are not checked.
   * @throws {SseError} `chat_invalid`, 400. The stream is refused as by `runs.open`.
   */
  send(body: unknown, answer: Answer): Promise<Subscription<UiMessages>>
  /**
   * Returns the source of the stream that `useChat({ resume: true })` reads: the answer that is running, from its
   * start. Answered with 204 if none is.
   *
   * @param lastEventId - that of the request: the rest of the newest answer follows, also if it has ended meanwhile.
   * @throws {SseError} `chat_invalid`, 400.
   */
  resume(chatId: string, lastEventId?: string): Subscription<ResumedMessages>
  /**
   * Stops the answer that is running, whichever process runs it. Resolves with its end once that is stored;
   * `undefined` if the chat has no answer.
   *
   * @throws {SseError} `chat_invalid`, 400. As `runs.stop`.
   */
  stop(chatId: string): Promise<RunOutcome | undefined>
}

/**
 * Makes the answers of chats from runs. Check in `authorize` of each route that the chat is the user's: its id comes
 * from the client.
 *
 * @example
 * const runs = createRuns(uiMessages, { engine: sqlite('answers.db'), merge: { chunk: mergeChunks } })
 * const chat = createChat(runs)
 */
export function createChat(runs: Runs<UiMessages>): Chat {
  return {
    async send(body, answer) {
      const { answerKey, ...request } = readChatRequest(body)
      const { chatId } = request
      return runs.open(
        // Hashed together: each of the two may be as long as the id of a run.
        await digest(JSON.stringify([chatId, answerKey])),
        async function* ({ event, signal }) {
          for await (const chunk of iterate(await answer({ ...request, signal }))) yield event('chunk', chunk)
        },
        { group: chatId, ifRunning: 'replace' },
      )
    },

    resume(chatId, lastEventId) {
      checkId('the chat', chatId)
      const answer = runs.follow({ group: chatId }, { onlyRunning: !lastEventId, after: lastEventId })
      // The two contracts differ in their paths only.
      return answer as unknown as Subscription<ResumedMessages>
    },

    async stop(chatId) {
      checkId('the chat', chatId)
      const newest = await runs.latest(chatId)
      return newest && runs.stop(newest.id)
    },
  }
}

/** Combines parts of one text, one reasoning or one tool input, for the option `merge` of `createRuns`. */
export function mergeChunks(earlier: UIMessageChunk, later: UIMessageChunk): UIMessageChunk | undefined {
  if (later.type === 'text-delta' || later.type === 'reasoning-delta') {
    if (earlier.type !== later.type || earlier.id !== later.id) return undefined
    return isPlain(earlier) && isPlain(later) ? { ...earlier, delta: earlier.delta + later.delta } : undefined
  }
  if (later.type !== 'tool-input-delta' || earlier.type !== later.type) return undefined
  if (earlier.toolCallId !== later.toolCallId) return undefined
  return { ...earlier, inputTextDelta: earlier.inputTextDelta + later.inputTextDelta }
}

/** Metadata of a provider belongs to the chunk that has it. */
function isPlain(chunk: { readonly providerMetadata?: unknown }): boolean {
  return chunk.providerMetadata === undefined
}

/** A `ReadableStream` is not iterable in every runtime. */
async function* iterate(chunks: Chunks): AsyncGenerator<UIMessageChunk> {
  if (!('getReader' in chunks)) return yield* chunks
  const reader = chunks.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}

import { SseError } from '@sse/contract'
import type { UIMessage } from 'ai'

/** The body that `useChat` posts. */
export interface ChatRequest {
  readonly chatId: string
  /** As the client sent them: `validateUIMessages` of the AI SDK checks them. */
  readonly messages: readonly UIMessage[]
  readonly trigger: 'submit-message' | 'regenerate-message'
  /** Id of the message to generate again. */
  readonly messageId: string | undefined
  /** The same for requests that ask for one answer, such as one that is sent twice. */
  readonly answerKey: string
}

const MAX_ID_CHARS = 200

/** @throws {SseError} `chat_invalid`, 400. */
export function readChatRequest(body: unknown): ChatRequest {
  if (typeof body !== 'object' || body === null) throw invalid('a JSON object is required as the body')
  const { id, messages, trigger = 'submit-message', messageId, requestId } = body as Record<string, unknown>
  checkId('id', id)
  if (!Array.isArray(messages)) throw invalid('messages must be an array')
  if (trigger !== 'submit-message' && trigger !== 'regenerate-message') {
    throw invalid('trigger must be submit-message or regenerate-message')
  }
  if (messageId !== undefined) checkId('messageId', messageId)
  if (requestId !== undefined) checkId('requestId', requestId)
  // The last message as a whole: an assistant's message has one id through several calls of tools. With a message id,
  // a message is sent again on purpose.
  const isNew = trigger === 'submit-message' && messageId === undefined && messages.length > 0
  return {
    chatId: id,
    messages: messages as UIMessage[],
    trigger,
    messageId,
    answerKey: isNew ? JSON.stringify(messages.at(-1)) : (requestId ?? crypto.randomUUID()),
  }
}

/** @throws {SseError} `chat_invalid`, 400. */
export function checkId(name: string, id: unknown): asserts id is string {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_CHARS && !/\p{Cc}|\p{Surrogate}/u.test(id))
    return
  throw invalid(`${name} must be a string of 1 to ${MAX_ID_CHARS} characters without control characters`)
}

function invalid(message: string): SseError {
  return new SseError('chat_invalid', `Chat request: ${message}`, { status: 400 })
}

import type { Feed, FeedPayloads, FeedStatus } from '@sse/client'
import { SseError } from '@sse/contract'
import type { UIMessageChunk } from 'ai'
import type { UiMessages } from './ui-messages.ts'

export type AnswerFeed = Feed<FeedPayloads<UiMessages>>

/** Reads an answer to its end. A run that was not completed ends with an error, a stopped one with the chunk `abort`. */
export function readAnswer(feed: AnswerFeed): ReadableStream<UIMessageChunk> {
  return new ReadableStream<UIMessageChunk>({
    start(controller) {
      feed.on('chunk', (chunk) => controller.enqueue(chunk))
      feed.on('gap', ({ reason }) => {
        controller.error(
          new SseError('trimmed', `Chunks of this answer are missing (${reason}): load the chat again`),
        )
        feed.close()
      })
      feed.onStatus((status) => {
        if (status.state === 'closed') end(controller, status)
      })
    },
    cancel: () => feed.close(),
  })
}

function end(
  controller: ReadableStreamDefaultController<UIMessageChunk>,
  status: Extract<FeedStatus, { state: 'closed' }>,
): void {
  try {
    const failure = toFailure(status)
    if (failure) return controller.error(failure)
    if (status.end?.status === 'stopped') controller.enqueue({ type: 'abort', reason: 'stopped' })
    controller.close()
  } catch {
    // The stream is over: it was cancelled, or had a gap.
  }
}

function toFailure(status: Extract<FeedStatus, { state: 'closed' }>): Error | undefined {
  if (status.reason === 'error') return status.error
  if (!status.end || status.end.status === 'completed' || status.end.status === 'stopped') return undefined
  const { status: code, message = 'The process that answered has crashed' } = status.end
  return new SseError(status.end.code ?? code, message)
}

/**
 * Resolves once the server has answered: with `true` for a stream, with `false` if there is nothing to stream (204).
 * Waits while the connection is retried.
 *
 * @throws the error of a refusal.
 */
export function untilAnswered(feed: AnswerFeed): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (status: FeedStatus) => {
      if (status.state === 'open') resolve(true)
      else if (status.state !== 'closed') return
      else if (status.reason === 'error') reject(status.error)
      else resolve(status.reason !== 'no_content')
      remove()
    }
    const remove = feed.onStatus(settle)
    settle(feed.status)
  })
}

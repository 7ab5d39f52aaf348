import type { StreamDialect } from './control-encoder.ts'
import { defineDialect } from './define-dialect.ts'
import type { DialectEvents } from './dialect.ts'

const DONE = { data: '[DONE]' }

/**
 * The dialect of the AI SDK's UI message stream, for `useChat` and `DefaultChatTransport`: the app's events are its
 * chunks, whatever their names. A stopped run ends with the chunk `abort`, everything else that is not complete with
 * the chunk `error`, also a connection that the server closes: this client does not reconnect.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 * @example
 * app.post('/api/chat', sse(chat, { dialect: aiSdk() }, ({ req }) => runs.open(req.body.id, answer(req.body))))
 */
export function aiSdk(): StreamDialect {
  return AI_SDK
}

const AI_SDK: StreamDialect = /* @__PURE__ */ defineDialect({
  headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
  end(end): DialectEvents {
    if (end?.status === 'stopped') return [{ data: { type: 'abort', reason: 'stopped' } }, DONE]
    if (end && end.status !== 'completed') return fail(end.message ?? 'The answer was interrupted')
    return DONE
  },
  error: ({ message }) => fail(message),
  gap: ({ reason }) =>
    chunk(
      reason === 'restarted'
        ? 'The answer was started again; load it again'
        : 'Parts of the answer are missing; load it again',
    ),
  close: ({ message }) => fail(message),
})

function fail(errorText: string): DialectEvents {
  return [chunk(errorText), DONE]
}

function chunk(errorText: string): { data: { type: 'error'; errorText: string } } {
  return { data: { type: 'error', errorText } }
}

import { defineStream, type StreamContract, type } from '@sse/contract'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { UIMessageChunk } from 'ai'

type Events = {
  readonly chunk: StandardSchemaV1<UIMessageChunk>
}

/** Contract of the AI SDK's UI message stream: its only event is `chunk`. */
export type UiMessages = StreamContract<'/api/chat', Events>

/** The same, where `useChat` resumes. */
export type ResumedMessages = StreamContract<'/api/chat/:chat/stream', Events>

const events: Events = { chunk: type<unknown>() as StandardSchemaV1<UIMessageChunk> }

/** Contract of the AI SDK's UI message stream, at the path that `useChat` posts to by default. */
export const uiMessages: UiMessages = /* @__PURE__ */ defineStream({ path: '/api/chat', events })

/** The same events, at the path where `useChat({ resume: true })` reads the answer that is running. */
export const resumedMessages: ResumedMessages = /* @__PURE__ */ defineStream({
  path: '/api/chat/:chat/stream',
  events,
})

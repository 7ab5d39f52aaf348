import { defineStream, type StreamContract, type } from '@sse/contract'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { UIMessageChunk } from 'ai'

/** Contract of the AI SDK's UI message stream: its only event is `chunk`. */
export type UiMessages = StreamContract<'/api/chat', { readonly chunk: StandardSchemaV1<UIMessageChunk> }>

/** Contract of the AI SDK's UI message stream, at the path that `useChat` posts to by default. */
export const uiMessages: UiMessages = /* @__PURE__ */ defineStream({
  path: '/api/chat',
  events: { chunk: type<unknown>() as StandardSchemaV1<UIMessageChunk> },
})

/**
 * A `ChatTransport` for `useChat` that resumes by id: an answer whose connection is cut continues where it was.
 *
 * @see docs/guides/ai.md
 * @module
 */
export { type ChatTransportOptions, sseChatTransport } from './chat-transport.ts'

/**
 * Answers of the AI SDK as runs: they continue when the page is closed or reloaded, and stop from any process.
 *
 * @see docs/guides/ai.md
 * @module
 */
export { type Answer, type AnswerContext, type Chat, createChat, mergeChunks } from './chat.ts'
export { resumedMessages, uiMessages } from './ui-messages.ts'

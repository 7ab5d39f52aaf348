import { defineStream, text, type } from '@sse/contract'

/** The stream of the tests: tokens of an answer, and steps of a job. */
export const answers = defineStream({
  path: '/answers/:run',
  heartbeatMs: 200,
  events: { delta: type<string>(), step: type<{ n: number }>(), html: text() },
})

export type Answers = typeof answers

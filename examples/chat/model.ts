import { setTimeout } from 'node:timers/promises'
import type { LanguageModel } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'

const ABOUT_RUNS = `An answer is a **run** on the server: it is written once, whatever its readers do.

Reload this page while I am talking: you see the same words, and then the rest of them. A second tab follows. Close both, come back in a minute, and the whole answer is there.

The Stop button ends it everywhere, in whichever server process I run. None of this needs a key: I am a small function that types a few sentences at the speed of a real model.`
const ABOUT_FAILURES = `This one will go wrong on purpose, in three, two, one`

type Streamed = Awaited<ReturnType<MockLanguageModelV4['doStream']>>
type Part = Streamed['stream'] extends ReadableStream<infer P> ? P : never

/**
 * A model that needs no key. With the environment variable `MODEL`, such as `openai/gpt-5`, the AI SDK asks its gateway
 * for that one instead, with the key in `AI_GATEWAY_API_KEY`.
 */
export const model: LanguageModel =
  process.env.MODEL ||
  new MockLanguageModelV4({
    doStream: async ({ prompt, abortSignal }) => {
      const question = JSON.stringify(prompt.at(-1)?.content)
      return { stream: streamOf(write(/\bfail/i.test(question), abortSignal)) }
    },
  })

async function* write(fails: boolean, signal: AbortSignal | undefined): AsyncGenerator<Part, void> {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  }
  await setTimeout(600, undefined, { signal }) // it thinks
  yield { type: 'text-start', id: 'text' }
  for (const delta of (fails ? ABOUT_FAILURES : ABOUT_RUNS).split(/(?<=\s)/)) {
    // Tokens come unevenly, and later after the end of a sentence.
    const pauseMs = 15 + Math.random() * 70 + (/[.:]\s/.test(delta) ? 150 : 0)
    await setTimeout(pauseMs, undefined, { signal })
    yield { type: 'text-delta', id: 'text', delta }
  }
  if (fails) {
    yield { type: 'error', error: new Error('The model has failed on purpose') }
    return
  }
  yield { type: 'text-end', id: 'text' }
  yield { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage }
}

function streamOf(parts: AsyncGenerator<Part, void>): ReadableStream<Part> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@sse/client'
import { defineStream, type SseError, type } from '@sse/contract'
import { type NodeHandler, sse } from '@sse/server/node'
import { type Awaitable, awaitable } from '@sse/test-support/awaitable'
import { expect } from 'vitest'

const SPACING_MS = 250

/** The moment it was sent, on this machine's one clock. */
export const stamps = defineStream({
  path: '/stamps',
  heartbeatMs: 200,
  events: { message: type<{ n: number; sentAt: number; filler: string }>(), resumed: type<string>() },
})

/** What one test lets its server do, and hears of it. */
export class Exchange {
  /** One for each event: called when the client has it. */
  readonly #received: Awaitable<void>[] = [1, 2, 3, 4].map(() => awaitable())
  readonly left: Awaitable<SseError> = awaitable<SseError>()

  /**
   * Four events, each sent only after the client has told of the one before: a proxy that holds one back until
   * the next comes would wait for ever. With the query `?large` each has more than 2,000 bytes.
   */
  readonly fourEvents: NodeHandler = (req, res) => {
    const received = this.#received
    const filler = req.url?.endsWith('?large') ? 'x'.repeat(2_000) : ''
    return sse(stamps, async function* ({ event }) {
      for (const [index, { called }] of received.entries()) {
        yield event('message', { n: index + 1, sentAt: Date.now(), filler })
        await called
        await sleep(SPACING_MS)
      }
    })(req, res)
  }

  /** One event, then nothing but heartbeats until the client leaves. */
  readonly quiet: NodeHandler = (req, res) => {
    const { left } = this
    return sse(stamps, async function* ({ event, lastEventId, signal }) {
      signal.addEventListener('abort', () => left.call(signal.reason))
      yield event('resumed', lastEventId ?? 'nothing', { id: 'after' })
      await left.called
    })(req, res)
  }

  /** Reads four events; how long each took to arrive, in milliseconds. */
  async readFour(url: string): Promise<number[]> {
    const delays: number[] = []
    const feed = connect(url, { reconnect: { maxAttempts: 0 } })
    for await (const { payload } of feed) {
      const { n, sentAt } = JSON.parse(payload)
      delays.push(Date.now() - sentAt)
      expect(n).toBe(delays.length)
      this.#received[delays.length - 1]?.call()
    }
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
    expect(delays).toHaveLength(4)
    return delays.sort((a, b) => a - b)
  }
}

export const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1] ?? Number.NaN

export async function readUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  let text = ''
  for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += part
    if (isEnough(text)) break
  }
  return text
}

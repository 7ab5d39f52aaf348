import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { streamChunks, streamDurability } from '@sse/ai/tanstack'
import { memory } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { parseEvents } from '@sse/test-support/parse-events'
import { resumeServerSentEventsResponse, type StreamChunk, toServerSentEventsResponse } from '@tanstack/ai'
import { describe, expect, it } from 'vitest'

const chunk = (delta: string) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta }) as StreamChunk
const WORDS = Array.from({ length: 10 }, (_, n) => `word${n} `)

async function* answer(pauseMs = 0): AsyncGenerator<StreamChunk> {
  for (const word of WORDS) {
    await delay(pauseMs)
    yield chunk(word)
  }
  yield { type: 'RUN_FINISHED', runId: 'r', threadId: 't' } as StreamChunk
}

const request = (runId: string, offset?: string): Request =>
  new Request('http://localhost/chat', {
    headers: { 'x-run-id': runId, ...(offset !== undefined && { 'last-event-id': offset }) },
  })

async function read(response: Response) {
  const events = parseEvents(await response.text())
  return events.map(({ id, data }) => ({ id, ...(JSON.parse(data) as { type: string; delta?: string }) }))
}

const textOf = (events: readonly { delta?: string }[]): string =>
  events.map(({ delta = '' }) => delta).join('')

describe('streamDurability', () => {
  it('resumes a response of TanStack AI after the offset that a client has, in another process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sse-tanstack-'))
    const runs = createRuns(streamChunks, { engine: sqlite(join(folder, 'log.db')) })
    const others = createRuns(streamChunks, { engine: sqlite(join(folder, 'log.db')) })
    const adapter = streamDurability(runs, request('one'))
    const whole = await read(toServerSentEventsResponse(answer(), { durability: { adapter, batch: 1 } }))
    expect(textOf(whole)).toBe(WORDS.join(''))
    const third = whole[2] as { id: string }
    const resumed = streamDurability(others, request('one', third.id))
    const rest = await read(resumeServerSentEventsResponse({ adapter: resumed }))
    expect(rest).toEqual(whole.slice(3))
    expect(rest.at(-1)?.type).toBe('RUN_FINISHED')
    await Promise.all([runs.close(), others.close()])
    await rm(folder, { recursive: true })
  })

  it('gives a client that joins while the answer is written everything from the start', async () => {
    await using runs = createRuns(streamChunks, { engine: memory() })
    const first = read(
      toServerSentEventsResponse(answer(10), {
        durability: { adapter: streamDurability(runs, request('one')), batch: 1 },
      }),
    )
    await delay(30)
    const joined = read(
      resumeServerSentEventsResponse({ adapter: streamDurability(runs, request('one', '-1')) }),
    )
    expect(textOf(await joined)).toBe(WORDS.join(''))
    expect(textOf(await first)).toBe(WORDS.join(''))
  })

  it('returns one offset for each chunk, in order, and refuses a second producer of the same run', async () => {
    await using runs = createRuns(streamChunks, { engine: memory() })
    const producer = streamDurability(runs, { runId: 'one' })
    const offsets = await producer.append([chunk('a'), chunk('b')])
    expect(new Set(offsets).size).toBe(2)
    await expect(streamDurability(runs, { runId: 'one' }).append([chunk('c')])).rejects.toMatchObject({
      code: 'run_exists',
    })
    const snapshot = await streamDurability(runs, { runId: 'one' }).snapshot()
    expect(snapshot).toEqual([
      { offset: offsets[0], chunk: chunk('a') },
      { offset: offsets[1], chunk: chunk('b') },
    ])
    await producer.close()
    await expect(producer.append([chunk('c')])).rejects.toMatchObject({ code: 'run_exists' })
  })

  it('answers a snapshot of a run that was never started with nothing, and a read with run_unknown', async () => {
    await using runs = createRuns(streamChunks, { engine: memory() })
    const durability = streamDurability(runs, { runId: 'none' })
    expect(await durability.snapshot()).toEqual([])
    const iterator = durability.read('-1')[Symbol.asyncIterator]()
    await expect(iterator.next()).rejects.toMatchObject({ code: 'run_unknown' })
  })

  it('refuses an offset of another run', async () => {
    await using runs = createRuns(streamChunks, { engine: memory() })
    const one = streamDurability(runs, { runId: 'one' })
    const [offset] = await one.append([chunk('secret of one')])
    await streamDurability(runs, { runId: 'two' }).append([chunk('two')])
    const iterator = streamDurability(runs, { runId: 'two' })
      .read(offset as string)
      [Symbol.asyncIterator]()
    await expect(iterator.next()).rejects.toMatchObject({ code: 'last_event_id_invalid' })
  })

  it('ends a read when its signal aborts, and the producer’s work when the run is stopped', async () => {
    await using runs = createRuns(streamChunks, { engine: memory() })
    const abortController = new AbortController()
    const producer = streamDurability(runs, { runId: 'one' }, { abortController })
    await producer.append([chunk('a')])
    const leaving = new AbortController()
    const iterator = producer.read('-1', leaving.signal)[Symbol.asyncIterator]()
    await iterator.next()
    const next = iterator.next()
    leaving.abort()
    expect(await next).toMatchObject({ done: true })
    await runs.stop('one')
    expect(abortController.signal.aborted).toBe(true)
    await expect(producer.append([chunk('b')])).rejects.toMatchObject({ code: 'stopped' })
  })

  it('refuses a request without a run id', async () => {
    await using runs = createRuns(streamChunks, { engine: memory() })
    expect(() => streamDurability(runs, new Request('http://localhost/chat'))).toThrow(
      expect.objectContaining({ code: 'param_missing' }),
    )
  })
})

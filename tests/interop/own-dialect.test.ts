import { setTimeout as delay } from 'node:timers/promises'
import { type BaseEvent, EventType, HttpAgent } from '@ag-ui/client'
import { defineStream, SseError, type } from '@sse/contract'
import type { StreamDialect } from '@sse/server/dialects'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { serve } from '@sse/test-support/http-server'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks } from '../readme/code-blocks.ts'
import { writeBlocks } from '../readme/write-blocks.ts'

const GUIDE = 'docs/guides/dialects.md'
const agent = defineStream({ path: '/agent', heartbeatMs: 20, events: { event: type<BaseEvent>() } })
const SECRET = 'postgres://admin:secret@10.0.0.1'
const onError = () => {}

/** Of the guide. */
let dialect: StreamDialect
let lines = 0
beforeAll(async () => {
  const blocks = codeBlocks(GUIDE).filter(({ file }) => file === 'ag-ui.ts')
  lines = blocks[0]?.code.trimEnd().split('\n').length ?? 0
  const folder = writeBlocks('own-dialect', blocks)
  dialect = (await import(`${folder}${GUIDE}/ag-ui.ts`)).agUi
})

const [first, ...rest]: BaseEvent[][] = [
  [
    { type: EventType.RUN_STARTED, threadId: 't', runId: 'r' },
    { type: EventType.TEXT_MESSAGE_START, messageId: 'm', role: 'assistant' },
    { type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'm', delta: 'Hello' },
  ],
  [
    { type: EventType.TEXT_MESSAGE_END, messageId: 'm' },
    { type: EventType.RUN_FINISHED, threadId: 't', runId: 'r' },
  ],
] as BaseEvent[][]

/** Asks with the protocol's own client. Returns the types of the events, and what it fails with. */
async function ask(origin: string) {
  const client = new HttpAgent({ url: `${origin}/agent`, threadId: 't' })
  const seen: string[] = []
  let failure: unknown
  const subscriber = {
    onEvent: ({ event }: { event: BaseEvent }) => void seen.push(event.type),
    onRunErrorEvent({ event }: { event: BaseEvent }) {
      failure = event
    },
  }
  await client.runAgent({ runId: 'r' }, subscriber).catch((error) => {
    failure ??= error
  })
  return { seen, text: client.messages.map(({ content }) => content).join(''), failure }
}

describe('the dialect that the guide writes', () => {
  it('has at most thirty lines', () => {
    expect(lines).toBeGreaterThan(10)
    expect(lines).toBeLessThanOrEqual(30)
  })

  it('is read by its protocol’s client, with heartbeats in between and a slow end', async () => {
    await using server = await serve(
      sse(agent, { dialect }, async function* ({ event }) {
        for (const part of first ?? []) yield event('event', part)
        await delay(80)
        for (const part of rest.flat()) yield event('event', part)
        await delay(80)
      }),
    )
    const { seen, text, failure } = await ask(server.origin)
    expect(failure).toBeUndefined()
    expect(seen).toEqual([...(first ?? []), ...rest.flat()].map(({ type }) => type))
    expect(text).toBe('Hello')
  })

  it.each([
    ['quota', 'No credit left', new SseError('quota', 'No credit left', { cause: SECRET })],
    ['internal', 'Internal error', new Error(SECRET)],
  ])('tells the client of a run that fails with %s', async (code, message, thrown) => {
    const runs = createRuns(agent, { onError })
    await using server = await serve(
      sse(agent, { dialect, onError }, () =>
        runs.open('r', async function* ({ event }) {
          for (const part of first ?? []) yield event('event', part)
          await delay(80)
          throw thrown
        }),
      ),
    )
    const { failure } = await ask(server.origin)
    expect(failure).toMatchObject({ type: 'RUN_ERROR', code, message })
    await runs.close()
  })
})

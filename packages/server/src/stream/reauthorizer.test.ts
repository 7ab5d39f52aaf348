import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import { SseError } from '@sse/contract'
import { StreamReader } from '@sse/test-support/stream-reader'
import { describe, expect, it, vi } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { sse } from '../node/node.ts'

const untilAborted = ({ signal }: { signal: AbortSignal }) =>
  (async function* () {
    yield { data: 1 }
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  })()

async function open(authorize: () => unknown, onError = vi.fn()) {
  const handler = sse({ authorize: authorize as () => true, reauthorizeMs: 10, onError }, untilAborted)
  const { origin } = await scoped(listen(createServer(handler)))
  const reader = await StreamReader.open(origin)
  await reader.until(({ events }) => events.length === 1)
  return { reader, onError }
}

describe('authorize, called again at an interval', () => {
  it.each([
    ['false', false],
    ['null', null],
    ['undefined', undefined],
    ['an empty string', ''],
    ['a Response', new Response()],
    ['another identity', { id: 'ben' }],
    ['true instead of an identity', true],
  ])('closes the stream with revoked when it returns %s', async (_, answer) => {
    let current: unknown = { id: 'ada' }
    const { reader, onError } = await open(() => current)
    current = answer
    await reader.over()
    expect(JSON.parse(reader.messages.at(-1)?.data ?? '')).toMatchObject({ code: 'revoked' })
    expect(onError).toHaveBeenCalledTimes(answer instanceof Response ? 1 : 0)
  })

  it('keeps the stream open for the same identity', async () => {
    const authorize = vi.fn(() => ({ id: 'ada' }))
    const { reader } = await open(authorize)
    await eventually(() => authorize.mock.calls.length > 5)
    expect(reader.isOver).toBe(false)
    reader.close()
  })

  it('closes the stream with the SseError it throws, if that is for the client', async () => {
    let isExpired = false
    const { reader } = await open(() => {
      if (isExpired) throw new SseError('token_expired', 'Sign in again')
      return true
    })
    isExpired = true
    await reader.over()
    expect(JSON.parse(reader.messages.at(-1)?.data ?? '')).toMatchObject({ code: 'token_expired' })
  })

  it.each([
    new Error('the database is unavailable'),
    new SseError('engine_unavailable', 'x'),
    new SseError('network', 'x'),
  ])('keeps the stream open when it fails with %s', async (error) => {
    let isDown = false
    const { reader, onError } = await open(async () => {
      if (isDown) throw error
      return 'ada'
    })
    isDown = true
    await eventually(() => onError.mock.calls.length > 2)
    expect(reader.isOver).toBe(false)
    reader.close()
  })

  it('is called again when an answer has not come for 10 s', async () => {
    const now = vi.spyOn(performance, 'now')
    const answers = [Promise.resolve(true), new Promise(() => {}), Promise.resolve(false)]
    const authorize = vi.fn(() => answers.shift())
    const { reader, onError } = await open(authorize)
    await eventually(() => authorize.mock.calls.length === 2)
    expect(onError).not.toHaveBeenCalled()
    const before = performance.now()
    now.mockImplementation(() => before + 10_000)
    await reader.over()
    now.mockRestore()
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      message: expect.stringContaining('has not answered for 10000 ms'),
    })
  })
})

it('runs authorize and abort listeners in the AsyncLocalStorage context of their own request', async () => {
  const user = new AsyncLocalStorage<string>()
  const asked = new Map<string, Set<string | undefined>>()
  const aborted = new Map<string, string | undefined>()
  const handler = sse(
    {
      reauthorizeMs: 5,
      authorize: ({ req }) => {
        const name = String(req.url)
        asked.set(name, (asked.get(name) ?? new Set()).add(user.getStore()))
        return true
      },
    },
    async function* ({ req, signal }) {
      signal.addEventListener('abort', () => aborted.set(String(req.url), user.getStore()))
      yield* untilAborted({ signal })
    },
  )
  const server = createServer((req, res) => user.run(String(req.url), () => handler(req, res)))
  const { origin } = await scoped(listen(server))
  const readers = await Promise.all(['/ada', '/ben'].map((path) => StreamReader.open(origin + path)))
  await new Promise((resolve) => setTimeout(resolve, 50)) // several intervals
  for (const reader of readers) reader.close()
  await eventually(() => aborted.size === 2)
  for (const name of ['/ada', '/ben']) {
    expect([...(asked.get(name) ?? [])]).toEqual([name])
    expect(aborted.get(name)).toBe(name)
  }
})

describe('an identity that expires', () => {
  it('ends the connection at its time, with a delay after which the client reconnects', async () => {
    const expiresAt = Date.now() + 700
    const reasons: unknown[] = []
    const handler = sse({ authorize: () => ({ identity: 'ada', expiresAt }) }, (context) => {
      context.signal.addEventListener('abort', () => reasons.push(context.signal.reason))
      return untilAborted(context)
    })
    const { origin } = await scoped(listen(createServer(handler)))
    const reader = await StreamReader.open(origin)
    await reader.over()
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt)
    expect(reader.text).toMatch(/retry: \d+\n$/)
    expect(reasons).toMatchObject([{ code: 'expired', status: 401 }])
    expect((await fetch(origin)).status).toBe(401)
  })

  it('stays connected while calling authorize again renews it', async () => {
    let isRenewed = true
    const authorize = vi.fn(() => ({ identity: 'ada', expiresAt: Date.now() + (isRenewed ? 1_000 : 1) }))
    const { reader } = await open(authorize)
    const beginsAt = Date.now()
    await eventually(() => Date.now() > beginsAt + 2_000)
    expect(reader.isOver).toBe(false)
    isRenewed = false
    await reader.over()
  })

  it('may be given a time only when authorize is called again', async () => {
    let expiresAt: number | undefined
    const { reader } = await open(() => ({ identity: 'ada', expiresAt }))
    expiresAt = Date.now() + 100
    await reader.over()
  })
})

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type ConnectOptions, connect } from '@sse/client'
import { SseError } from '@sse/contract'
import { memory } from '@sse/server'
import { sse } from '@sse/server/node'
import type { Runs } from '@sse/server/runs'
import { until } from '@sse/test-support/until'
import { expect, it } from 'vitest'
import { type Answers, answers } from './answers.ts'
import { deferred } from './deferred.ts'
import { closeLater, startRuns } from './scope.ts'

const serveRuns = (runs: Runs<Answers>) =>
  listen(sse(answers, { retryMs: 5, onError() {} }, ({ params }) => runs.follow(params.run)))

async function listen(listener: RequestListener) {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  closeLater(() => {
    cut()
    return new Promise((resolve) => server.close(resolve))
  })
  return { cut, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function follow(
  baseUrl: string,
  run: string,
  { resend = false, ...options }: ConnectOptions & { resend?: boolean } = {},
) {
  const feed = connect(answers, {
    baseUrl,
    params: { run },
    reconnect: { jitterMs: 1, maxJitterMs: 10, resend },
    onError() {},
    ...options,
  })
  closeLater(() => feed.close())
  const seen: string[] = []
  feed.on('delta', (token) => seen.push(token))
  feed.on('gap', () => seen.push('gap'))
  return { feed, seen }
}

it('a feed that is cut off during a run resumes without loss, and its status says how the run ended', async () => {
  const { runs } = startRuns(memory())
  const { cut, origin } = await serveRuns(runs)
  const steps = Array.from({ length: 4 }, () => deferred())
  const run = await runs.start('a', async function* ({ event }) {
    for (const [n, step] of steps.entries()) {
      yield event('delta', String(n))
      await step.promise
    }
  })
  const { feed, seen } = follow(origin, 'a')
  for (const [n, step] of steps.entries()) {
    await until(() => seen.length === n + 1)
    cut()
    step.resolve()
  }
  await until(() => feed.status.state === 'closed')
  expect(seen).toEqual(['0', '1', '2', '3'])
  expect(feed.status).toEqual({ state: 'closed', reason: 'ended', end: { status: 'completed' } })
  expect(await run.done).toEqual({ status: 'completed' })
})

it('a feed that starts a run with POST joins it again when it is cut off, and misses nothing', async () => {
  const { runs } = startRuns(memory())
  const steps = Array.from({ length: 3 }, () => deferred())
  let calls = 0
  const { cut, origin } = await listen(
    sse(runs, {
      authorize: () => true,
      onError() {},
      start: () =>
        async function* ({ event }) {
          calls += 1
          for (const [n, step] of steps.entries()) {
            yield event('delta', String(n))
            await step.promise
          }
        },
    }),
  )
  const { feed, seen } = follow(origin, 'a', { method: 'POST', body: '{}', resend: true })
  let opened = 0
  feed.onStatus(({ state }) => {
    if (state === 'open') opened += 1
  })
  for (const [n, step] of steps.entries()) {
    await until(() => seen.length === n + 1)
    const before = opened
    cut()
    await until(() => opened > before)
    step.resolve()
  }
  await until(() => feed.status.state === 'closed')
  expect(seen).toEqual(['0', '1', '2'])
  expect(feed.status.end).toEqual({ status: 'completed' })
  expect(calls).toBe(1)
})

it('the status of a feed has the error of a run that failed, and says when it was stopped', async () => {
  const { runs } = startRuns(memory())
  const { origin } = await serveRuns(runs)
  const failed = await runs.start('failed', () => {
    throw new SseError('quota', 'No tokens left')
  })
  await failed.done
  await runs.start('stopped', async function* ({ event, signal }) {
    yield event('delta', 'a')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const first = follow(origin, 'failed')
  await until(() => first.feed.status.state === 'closed')
  expect(first.feed.status).toMatchObject({
    end: { status: 'failed', code: 'quota', message: 'No tokens left' },
  })
  const second = follow(origin, 'stopped')
  await until(() => second.seen.length === 1)
  await runs.stop('stopped')
  await until(() => second.feed.status.state === 'closed')
  expect(second.feed.status).toMatchObject({ reason: 'ended', end: { status: 'stopped' } })
})

it('a feed of an unknown run closes with 404, and one of a stream that is no run ends without `end`', async () => {
  const { runs } = startRuns(memory())
  const { origin } = await serveRuns(runs)
  const { feed } = follow(origin, 'unknown')
  await until(() => feed.status.state === 'closed')
  expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'http_status', status: 404 } })
  const plain = createServer(
    sse(answers, async function* ({ event }) {
      yield event('delta', 'a')
    }),
  )
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  closeLater(() => plain.close())
  const other = follow(`http://127.0.0.1:${(plain.address() as AddressInfo).port}`, 'a')
  await until(() => other.feed.status.state === 'closed')
  expect(other.feed.status).toEqual({ state: 'closed', reason: 'ended' })
})

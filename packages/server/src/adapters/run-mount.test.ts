import { END_ID } from '@sse/contract/protocol'
import { StreamReader } from '@sse/test-support/stream-reader'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { stream } from '../fixtures/adapter-servers.ts'
import { MOUNTS } from '../fixtures/hub-mounts.ts'
import { scoped } from '../fixtures/server-scope.ts'
import type { RunStreamOptions } from '../http/run-options.ts'
import { createRuns, type RunContext, type Runs } from '../runs/index.ts'

type Stream = typeof stream
type Options = RunStreamOptions<Stream, object>

const open: Runs<Stream>[] = []

afterEach(async () => {
  for (const runs of open.splice(0)) await runs.close()
})

/** Counts to two, then waits to be stopped. */
async function* count({ event, signal }: RunContext<Stream>) {
  yield event('count', 1)
  yield event('count', 2)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

const JSON_TYPE = { 'content-type': 'application/json' }
const post = (headers: Record<string, string> = JSON_TYPE): RequestInit => ({
  method: 'POST',
  headers,
  body: '{}',
})

describe.each(MOUNTS)('sse(runs) on $name', ({ name, start, fetch }) => {
  const serve = async (options: Partial<Options> = {}, prefix?: string) => {
    const runs = createRuns(stream)
    open.push(runs)
    const given: Options = { authorize: () => true, onError: () => {}, ...options }
    const { origin } = await scoped(start(runs as never, given as never, prefix))
    const ask = (path: string, init?: RequestInit) => fetch(origin + path, init)
    const read = (path: string, lastEventId?: string) =>
      StreamReader.open(origin + path, lastEventId, fetch as typeof globalThis.fetch)
    return { runs, ask, read }
  }

  it('starts a run with POST, follows it with GET from its start and after an id, and stops it', async () => {
    const { runs, ask, read } = await serve({ start: () => count }, '/api')
    const started = await ask('/api/leads/a%20da', post())
    expect(started.status).toBe(200)
    expect(started.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    await started.body?.cancel() // a client that leaves ends nothing
    const first = await read('/api/leads/a%20da')
    await first.until(({ events }) => events.length === 2)
    expect(first.payloads).toEqual([1, 2])
    const later = await read('/api/leads/a%20da', first.events[0]?.id)
    await later.until(({ events }) => events.length === 1)
    expect(await (await ask('/api/leads/a%20da/status')).json()).toEqual({
      status: 'running',
      attempt: 1,
      startedAt: expect.any(Number),
    })
    const stopped = await ask('/api/leads/a%20da/stop', post())
    expect(stopped.status).toBe(200)
    expect(stopped.headers.get('cache-control')).toBe('no-store')
    expect(await stopped.json()).toEqual({ status: 'stopped' })
    for (const reader of [first, later]) {
      expect((await reader.message('sse.end')).data).toBe('{"status":"stopped"}')
    }
    expect(later.payloads).toEqual([2])
    expect(await runs.status('a da')).toMatchObject({ status: 'stopped' })
    expect((await ask('/api/leads/a%20da', { headers: { 'last-event-id': END_ID } })).status).toBe(204)
    const status = await ask('/api/leads/a%20da/status')
    expect(await status.json()).toMatchObject({ status: 'stopped', endedAt: expect.any(Number) })
  })

  it('asks authorize about each request, with what it wants, and does nothing that it refuses', async () => {
    const makeSource = vi.fn(() => count)
    const asked: unknown[] = []
    const { runs, ask } = await serve({
      authorize: ({ action, params, identity }) => {
        asked.push([action, params.owner, identity])
        return false
      },
      start: makeSource,
    })
    const run = await runs.start('ada', count)
    for (const [path, init] of [
      ['/leads/ada'],
      ['/leads/ada', post()],
      ['/leads/ada/stop', post()],
      ['/leads/ada/status'],
    ] as const) {
      const response = await ask(path, init)
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'forbidden' })
    }
    const actions = ['follow', 'start', 'stop', 'status']
    expect(asked).toEqual(actions.map((action) => [action, 'ada', undefined]))
    expect(makeSource).not.toHaveBeenCalled()
    expect(await runs.status(run.id)).toMatchObject({ status: 'running' })
  })

  it('answers an unknown run with 404, and a stop that an HTML form could send with 415', async () => {
    const { runs, ask } = await serve()
    await runs.start('ada', count)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const [path, init, status, code] of [
      ['/leads/ben', {}, 404, 'run_unknown'],
      ['/leads/ben/status', {}, 404, 'run_unknown'],
      ['/leads/ben/stop', post(), 404, 'run_unknown'],
      // Fastify refuses content types that the app has no parser for by itself.
      [
        '/leads/ada/stop',
        name.includes('fastify') ? { method: 'POST' } : post(form),
        415,
        'content_type_unsupported',
      ],
      ['/leads/ada/stop', { method: 'POST' }, 415, 'content_type_unsupported'],
    ] as const) {
      const response = await ask(path, init)
      expect([path, response.status]).toEqual([path, status])
      expect(await response.json()).toMatchObject({ code })
    }
    expect(await runs.status('ada')).toMatchObject({ status: 'running' })
  })

  // Fastify's own routes decide about methods.
  if (name !== 'fastify')
    it('answers other methods with 405 and the allowed ones', async () => {
      const [both, follow] = [await serve({ start: () => count }), await serve()]
      for (const [{ ask }, method, path, allow, message] of [
        [both, 'PUT', '/leads/ada', 'GET, HEAD, POST', 'Use GET, HEAD or POST'],
        [follow, 'POST', '/leads/ada', 'GET, HEAD', 'Use GET or HEAD'],
        [both, 'GET', '/leads/ada/stop', 'POST', 'Use POST'],
        [both, 'POST', '/leads/ada/status', 'GET', 'Use GET'],
      ] as const) {
        const response = await ask(path, { method })
        expect([path, response.status]).toEqual([path, 405])
        expect(response.headers.get('allow')).toBe(allow)
        expect(await response.json()).toEqual({ code: 'method_not_allowed', message })
      }
    })
})

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { PARSING } from '../conformance/parsing.ts'
import { withPackages } from '../support/link.ts'
import { RUNTIMES } from './runtime.ts'

let folder: string
/** What every client follows. */
let node: ProgramServer
beforeAll(async () => {
  // Only Node has no `Request → Response` server of its own.
  folder = withPackages(inject('installed'), ['@hono/node-server', 'hono'])
  cpSync(fileURLToPath(new URL('fixtures', import.meta.url)), folder, { recursive: true })
  await build({
    entryPoints: [fileURLToPath(new URL('../conformance/run-cases.ts', import.meta.url))],
    outfile: join(folder, 'cases.bundle.mjs'),
    bundle: true,
    format: 'esm',
  })
  node = await startProgramServer(process.execPath, (port) => ['node.mjs', String(port)], { cwd: folder })
})
afterAll(async () => {
  await node?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Reads a response's text until it has what is waited for. */
async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += part
    if (pattern.test(text)) break
  }
  return text
}

describe.each(RUNTIMES)('$name', (runtime) => {
  describe.skipIf(!runtime.program)('as a server', () => {
    let server: ProgramServer
    beforeAll(async () => {
      server = await runtime.serve(folder)
    })
    afterAll(() => server?.stop())
    const get = (path: string, init?: RequestInit) => fetch(server.origin + path, init)

    it('takes an event of another program once, and refuses a body that is too large', async () => {
      const publish = (payload: unknown) =>
        get('/publish', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': '1' },
          body: JSON.stringify({ channel: 'all', event: 'message', payload }),
        })
      const first = await publish(1)
      expect(first.status).toBe(200)
      const { ids } = (await first.json()) as { ids: string[] }
      expect(ids).toHaveLength(1)
      expect(await (await publish(1)).json()).toEqual({ ids })
      const refused = await publish('x'.repeat(100_000))
      expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'body_too_large' }])
    })

    it('streams events, then the end, with the headers that keep intermediaries honest', async () => {
      const response = await get('/three', { headers: { 'last-event-id': '1' } })
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      })
      expect(await response.text()).toBe(
        ':\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\nid: sse.end\nevent: sse.end\ndata: \n\n',
      )
    })

    it('answers 204 to who has seen the end, and 403 to who may not see anything', async () => {
      const ended = await get('/three', { headers: { 'last-event-id': 'sse.end' } })
      expect([ended.status, await ended.text()]).toEqual([204, ''])
      const secret = await get('/secret')
      expect([secret.status, await secret.json()]).toMatchObject([403, { code: 'forbidden' }])
    })

    it('sends each event as it comes, and a client that leaves ends the source', async () => {
      const controller = new AbortController()
      const response = await get('/endless', { signal: controller.signal })
      await readUntil(response, /data: 3\n/)
      controller.abort()
      await server.says(/left endless: client_gone/)
      if (runtime.keepsTimers) await server.says(/done endless/)
    })

    it('sends heartbeats while it is quiet', async () => {
      const controller = new AbortController()
      const response = await get('/quiet', { signal: controller.signal })
      expect(await readUntil(response, /data: 1\n\n:\n:\n/)).toBe(':\nid: 1\ndata: 1\n\n:\n:\n')
      controller.abort()
      await server.says(/left quiet: client_gone\ndone quiet/)
    })

    if (runtime.name === 'Bun') {
      it.concurrent.each([
        ['the root’s handler', '/silent'],
        ['Hono', '/hono'],
      ])('keeps a stream of %s open that is quiet for longer than its idle timeout', async (_, path) => {
        // Five seconds, looked at every four: left to itself it would end after eight.
        const text = await (await get(path)).text()
        expect(text).toMatch(/data: 1\n\n(.|\n)*data: 2\n\nid: sse\.end\n/)
      })
    }
  })

  if (runtime.name.startsWith('Node')) {
    it.skipIf(!runtime.program)(
      'writes a hub’s events straight to the socket, the bytes the same',
      async () => {
        expect(await runtime.run('hub.mjs', folder)).toBe('same bytes; direct writes: true\n')
      },
    )
  }

  if (runtime.keepsTimers) {
    it.skipIf(!runtime.program)('records the metrics of a stream', async () => {
      expect(JSON.parse(await runtime.run('otel.mjs', folder))).toEqual({
        'sse.connection.opened': 1,
        'sse.connection.time_to_first_event': 1,
        'sse.connection.closed': 1,
        'sse.connection.duration': 1,
      })
    })
  }

  it.skipIf(!runtime.program)('as a client: resumes, and stops when the stream has ended', async () => {
    const [feed, source] = (await runtime.follow(folder, node.origin)).split('ended\n')
    expect(feed).toBe('message 2 2\nmessage 3 3\n')
    expect(source).toBe('EventSource 1 1\nEventSource 2 2\nEventSource 3 3\nerror 0\nclosed 2\n')
  })

  it.skipIf(!runtime.program)('as a client: reads what the standard’s cases say', async () => {
    const { read, wrong } = JSON.parse(await runtime.readCases(folder))
    expect(wrong).toEqual([])
    expect(read).toBe(2 * PARSING.length)
  })
})

import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { requirePython } from '@sse/test-support/require-program'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = (name: string) => new URL(name, import.meta.url).pathname
const numbers = defineStream({ path: '/stream', events: { message: type<number>() } })

const SERVERS = [
  {
    name: 'FastAPI',
    file: 'fastapi_server.py',
    modules: ['fastapi', 'uvicorn'],
    prefixes: ['', '/starlette'],
  },
  { name: 'Flask', file: 'flask_server.py', modules: ['flask'], prefixes: [''] },
].map((server) => ({ ...server, python: requirePython(...server.modules) }))

for (const { name, file, python, prefixes } of SERVERS) {
  describe.skipIf(!python)(name, () => {
    let server: ProgramServer
    beforeAll(async () => {
      server = await startProgramServer(python as string, (port) => [script(file), String(port)])
    })
    afterAll(() => server?.stop())

    it.each(prefixes)(
      '%s/stream: numbers arrive until the feed closes, and the server sees it',
      async (prefix) => {
        const feed = connect(numbers, { baseUrl: server.origin + prefix })
        const received: number[] = []
        for await (const { event, payload } of feed) {
          if (event === 'message') received.push(payload)
          if (received.length === 6) break
        }
        expect(feed.status.state).toBe('open')
        for (const number of received)
          expect(number).toSatisfy((n: number) => Number.isInteger(n) && n >= 1 && n <= 100)
        feed.close()
        await server.says(new RegExp(`left ${prefix}/stream`))
      },
    )

    if (name === 'FastAPI')
      it('is open to pages of another origin', async () => {
        const { headers, body } = await fetch(`${server.origin}/stream`, {
          headers: { origin: 'https://page.example' },
        })
        expect(headers.get('access-control-allow-origin')).toBe('*')
        await body?.cancel()
      })

    if (name === 'Flask')
      it('a connection that ends is resumed after the last id, until 204', async () => {
        const feed = connect(numbers, {
          baseUrl: `${server.origin}/history`,
          reconnect: { jitterMs: 10, maxJitterMs: 10 },
        })
        const received: unknown[] = []
        for await (const { payload, id } of feed) received.push([id, payload])
        expect(received).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => [String(n), n * 10]))
        expect(feed.status).toEqual({ state: 'closed', reason: 'no_content' })
      })
  })
}

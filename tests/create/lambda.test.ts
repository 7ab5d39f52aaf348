import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from './app.ts'
import { driveTemplate } from './drive.ts'

const emulator = fileURLToPath(new URL('lambda/main.ts', import.meta.url))

describe.skipIf(!hasRedis)('on AWS Lambda, emulated around its own runtime client', () => {
  const env: Record<string, string> = {}
  let redis: RedisServer
  beforeAll(async () => {
    redis = await RedisServer.start()
    env.REDIS_URL = redis.url
  })
  afterAll(() => redis?.stop())

  driveTemplate('lambda', {
    env,
    command: (script) => (script === 'start' ? [process.execPath, emulator] : ['npm', 'run', script]),
    // A function is not told: see below.
    noticesLeaving: false,
    also: (app) => {
      it('streams end before the timeout of the function, and a client continues without missing anything', async () => {
        Object.assign(env, { STREAM_MS: '2000', TIMEOUT_MS: '20000' })
        const server = await app().serve('start')
        const texts: string[] = []
        const feed = connect(`${app().origin}/api/room`, { reconnect: { jitterMs: 100 } })
        feed.on('message', (data) => {
          const { text } = JSON.parse(data)
          // The room has older messages, too.
          if (text.startsWith('message ')) texts.push(text)
        })
        await until(() => feed.status.state === 'open')
        const sent: string[] = []
        while (server.output.split('GET /api/room returned').length < 3) {
          sent.push(`message ${sent.length}`)
          await publish(app(), sent.at(-1) as string)
        }
        await until(() => texts.at(-1) === sent.at(-1))
        expect(texts).toEqual(sent)
        feed.close()
        expect(server.output).not.toMatch(/api\/room (?!returned)/)
        await server.stop()
      })

      it('a function whose client has left ends when its stream is old enough, not before', async () => {
        Object.assign(env, { STREAM_MS: '3000' })
        const server = await app().serve('start')
        const leave = new AbortController()
        const response = await fetch(`${app().origin}/api/room`, { signal: leave.signal })
        expect(response.status).toBe(200)
        leave.abort()
        const [, ms] = await server.says(/GET \/api\/room returned after (\d+) ms/)
        expect(Number(ms)).toBeGreaterThan(2_000)
        await server.stop()
      })
    },
  })
})

async function publish(app: App, text: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${app.origin}/api/messages`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ text }),
  })
  expect(response.status).toBe(204)
}

import type { Server } from 'node:http'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Follow, type Lead, shownBy, TITLES } from './leads.ts'
import { type MigrationPage, openPage } from './page.ts'

const close = (server?: Server) => {
  server?.close()
  server?.closeAllConnections()
}

describe('from socket-io', () => {
  let page: MigrationPage
  const loaded: Server[] = []
  beforeAll(async () => {
    page = await openPage('socket-io')
  })
  afterAll(() => loaded.forEach(close))

  const open = async (file: string) => {
    type Module = { server: Server; publish(person: string, lead: Lead): Promise<void> }
    const { server, publish } = await page.load<Module>(file)
    loaded.push(server)
    return { baseUrl: page.origin(file), publish }
  }
  const follower = async (file: string, token = 'token-of-ada'): Promise<Follow> => {
    type Module = { followLeads(baseUrl: string, token: string, show: (lead: Lead) => void): () => void }
    const { followLeads } = await page.load<Module>(file)
    return (baseUrl, show) => followLeads(baseUrl, token, show)
  }

  it.each([
    ['before-page.ts', 'before.ts'],
    ['after-page.ts', 'after.ts'],
    ['before-page.ts', 'both.ts'],
    ['after-page.ts', 'both.ts'],
  ])('pages of both kinds show the same leads: %s on %s', async (client, file) => {
    const { baseUrl, publish } = await open(file)
    const publishToTwo = async (lead: Lead) => {
      await publish('grace', { ...lead, title: 'for Grace' })
      await publish('ada', lead)
    }
    expect(await shownBy(await follower(client), baseUrl, publishToTwo)).toEqual(TITLES)
  })

  it('Socket.IO loses what is sent while a person is away, a hub does not', async () => {
    const { baseUrl, publish } = await open('both.ts')
    const shown = { before: new Set<string>(), after: new Set<string>() }
    const follow = async (title: string) => {
      const [before, after] = [await follower('before-page.ts'), await follower('after-page.ts')]
      const stops = [
        await before(baseUrl, ({ title }) => shown.before.add(title)),
        await after(baseUrl, ({ title }) => shown.after.add(title)),
      ]
      const isShown = async () => {
        await publish('ada', { id: 1, title })
        return shown.before.has(title) && shown.after.has(title)
      }
      await until(isShown, `both show ${title}`, { intervalMs: 20 })
      for (const stop of stops) stop()
    }
    await follow('here')
    await publish('ada', { id: 1, title: 'away' })
    await follow('here again')
    expect(shown.after).toContain('away')
    expect(shown.before).not.toContain('away')
  })
})

const answers = defineStream({ path: '/answers/:run', events: { delta: type<string>() } })

describe.skipIf(!hasRedis)('from resumable-stream', () => {
  let page: MigrationPage
  let redis: RedisServer
  let runs: AsyncDisposable | undefined
  let clients: readonly { destroy(): void }[] = []
  const loaded: Server[] = []
  beforeAll(async () => {
    redis = await RedisServer.start()
    process.env.REDIS_URL = redis.url
    page = await openPage('resumable-stream')
  })
  afterAll(async () => {
    loaded.forEach(close)
    await runs?.[Symbol.asyncDispose]()
    for (const client of clients) client.destroy()
    delete process.env.REDIS_URL
    await redis.stop()
  })

  const open = async (file: string) => {
    type Module = { server: Server; runs?: AsyncDisposable; clients?: { destroy(): void }[] }
    const module = await page.load<Module>(file)
    loaded.push(module.server)
    runs ??= module.runs
    clients = module.clients ?? clients
    const origin = page.origin(file)
    // On a busy machine the first connection to Redis takes longer than a request waits for it.
    const isConnected = async () => {
      const response = await fetch(`${origin}/answers/${file}`)
      await response.text()
      return response.ok || response.status === 422
    }
    await until(isConnected, 'Redis is connected')
    return origin
  }
  const textOf = ({ payloads }: StreamReader) => payloads.join('')
  const answer = (run: string) => `You asked: ${run}, and that is all.`

  it.each(['before.ts', 'after.ts'])('both clients read the same tokens of %s', async (file) => {
    const origin = await open(file)
    const model = await page.load<{ asked: number }>('model.ts')
    const { asked } = model
    const run = `${file[0]}1`
    const first = await StreamReader.open(`${origin}/answers/${run}`)
    await first.until(({ payloads }) => payloads.length > 1)
    first.close()
    const feed = connect(answers, { baseUrl: origin, params: { run } })
    const second = await StreamReader.open(`${origin}/answers/${run}`)
    let text = ''
    for await (const { event, payload } of feed) {
      if (event === 'delta') text += payload
      if (text === answer(run)) break
    }
    feed.close()
    await second.over()
    expect([text, textOf(second)]).toEqual([answer(run), answer(run)])
    expect(model.asked).toBe(asked + 1)
  })

  it('an answer that has ended can still be read here', async () => {
    const [before, after] = [await open('before.ts'), await open('after.ts')]
    for (const origin of [before, after]) await (await StreamReader.open(`${origin}/answers/done`)).over()
    expect((await fetch(`${before}/answers/done`)).status).toBe(422)
    expect(textOf(await (await StreamReader.open(`${after}/answers/done`)).over())).toBe(answer('done'))
  })
})

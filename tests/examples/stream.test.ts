import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from '@sse/client'
import { freePort } from '@sse/test-support/free-port'
import { stream } from '@sse-examples/page/stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Example, names, spawnExample, startExample } from './start-example.ts'

describe.each(names)('the %s example', (name) => {
  let example: Example
  beforeAll(async () => {
    example = await startExample(name)
  })
  afterAll(() => example[Symbol.asyncDispose]())

  it('gives a whole number from 1 to 100 every second, to the client', async () => {
    const feed = connect(stream, { baseUrl: example.url })
    const numbers: number[] = []
    const since = performance.now()
    for await (const { payload } of feed) {
      numbers.push(payload as number)
      if (numbers.length === 4) break
    }
    const elapsedMs = performance.now() - since
    feed.close()
    for (const number of numbers) expect(number).toSatisfy((n) => Number.isInteger(n) && n >= 1 && n <= 100)
    // The first at once, three more after a second each.
    expect(elapsedMs).toBeGreaterThan(2_900)
    expect(elapsedMs).toBeLessThan(4_500)
  })

  it('lets a page of another origin read it', async () => {
    const abort = new AbortController()
    const response = await fetch(`${example.url}/stream`, {
      headers: { origin: 'https://elsewhere.example' },
      signal: abort.signal,
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('data')) break
    }
    abort.abort()
    expect(text).toMatch(/^:\nevent: number\ndata: \d{1,3}\n\n/)
  })

  it('answers the preflight that a reconnect from another origin begins with', async () => {
    const response = await fetch(`${example.url}/stream`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'last-event-id',
      },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toBe('last-event-id')
  })

  it('makes numbers only while somebody listens', async () => {
    const feed = connect(stream, { baseUrl: example.url })
    await new Promise((resolve) => feed.on('number', resolve))
    await expect.poll(() => example.timers(), { timeout: 5_000 }).toBe(1)
    feed.close()
    await expect.poll(() => example.timers(), { timeout: 5_000 }).toBe(0)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it cleanly under an open stream', async (signal) => {
    await using own = await startExample(name)
    const feed = connect(stream, { baseUrl: own.url, reconnect: { maxAttempts: 0 }, onError: () => {} })
    await new Promise((resolve) => feed.on('number', resolve))
    expect(await own.stop(signal)).toBe(0)
  })
})

describe('the port of an example', () => {
  it('that is asked for and taken is refused with what to do', async () => {
    const port = await freePort()
    const other = createServer().listen(port)
    await once(other, 'listening')
    const child = spawnExample('express', { PORT: String(port) })
    let told = ''
    child.stderr?.on('data', (chunk) => {
      told += chunk
    })
    const [code] = await once(child, 'close')
    other.close()
    expect(code).toBe(1)
    expect(told.trim()).toBe(
      `Port ${port} is taken. Stop what listens there, or set PORT to another one: PORT=${port + 1} npm start`,
    )
  })

  it('that is not asked for is the next free one', async () => {
    await using first = await startExample('express', { PORT: '' })
    await using second = await startExample('fastify', { PORT: '' })
    expect(second.port).toBeGreaterThan(first.port)
  })
})

import { get } from 'node:http'
import { createGunzip } from 'node:zlib'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { gzip } from '@sse/server/gzip'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { type Program, startProgram } from '@sse/test-support/program'
import { requireProgram, requirePython } from '@sse/test-support/require-program'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { EventSource } from 'eventsource'
import { describe, expect, it } from 'vitest'

const curl = requireProgram('curl')
const python = requirePython('httpx')
const script = (name: string) => new URL(name, import.meta.url).pathname
const leads = defineStream({ path: '/leads', events: { lead: type<{ n: number; note: string }>() } })
const NOTE = 'call back tomorrow morning, the budget is approved. '.repeat(10)

async function start() {
  const hub = createHub(leads)
  const server = await serve(sse(hub, { authorize: () => true, channels: 'all', compression: gzip() }))
  const { origin, port } = server
  return {
    hub,
    port,
    url: `${origin}/leads`,
    publish: (n: number) => hub.publish('all', 'lead', { n, note: NOTE }),
    isOpen: () => until(() => hub.stats().connections === 1),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await hub.close()
    },
  }
}

/** Publishes each event when the program has shown the one before: none may wait for the next. */
async function showsEachAtOnce(program: Program, { publish }: Awaited<ReturnType<typeof start>>) {
  for (let n = 1; n <= 4; n += 1) {
    await publish(n)
    await program.says(new RegExp(`"n": ?${n}\\D|\\\\"n\\\\":${n}\\D`))
  }
}

describe('a compressed stream reaches, event by event,', () => {
  it.skipIf(!curl)('curl --compressed, which finds it complete when the server closes it', async () => {
    await using server = await start()
    await using program = startProgram(curl as string, [
      '-sSN',
      '--compressed',
      '--max-time',
      '15',
      server.url,
    ])
    await server.isOpen()
    await showsEachAtOnce(program, server)
    await server.hub.drain()
    expect(await program.exited, program.output).toBe(0)
  })

  it.skipIf(!python)('zlib of Python, which verifies the checksum of the whole', async () => {
    await using server = await start()
    const args = [script('zlib_reader.py'), String(server.port), '/leads']
    await using program = startProgram(python as string, args)
    await program.says(/^gzip$/m)
    await server.isOpen()
    await showsEachAtOnce(program, server)
    await server.hub.drain()
    await program.says(/^complete$/m)
  })

  it.skipIf(!python)('httpx of Python', async () => {
    await using server = await start()
    await using program = startProgram(python as string, [script('httpx_reader.py'), server.url, '99'])
    await program.says(/status/)
    await server.isOpen()
    await showsEachAtOnce(program, server)
    await program.stop()
  })

  it('Node’s fetch below npm’s eventsource', async () => {
    await using server = await start()
    const source = new EventSource(server.url)
    const seen: number[] = []
    source.addEventListener('lead', ({ data }) => seen.push(JSON.parse(data).n))
    await server.isOpen()
    for (let n = 1; n <= 4; n += 1) {
      await server.publish(n)
      await until(() => seen.length === n)
    }
    source.close()
    expect(seen).toEqual([1, 2, 3, 4])
  })
})

describe('a compressed stream that is cut off', () => {
  it('is not taken for complete by a gzip reader', async () => {
    await using server = await start()
    await using proxy = await TcpProxy.open(server.port)
    const failed = new Promise<Error>((resolve) => {
      get(`http://127.0.0.1:${proxy.port}/leads`, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
        const gunzip = createGunzip().on('error', resolve)
        response
          .on('error', (error) => gunzip.destroy(error))
          .pipe(gunzip)
          .resume()
      }).on('error', () => {}) // the response tells, too
    })
    await server.isOpen()
    await server.publish(1)
    proxy.cut()
    expect(await failed).toBeInstanceOf(Error)
  })

  it('is reopened by connect(), which misses nothing', async () => {
    await using server = await start()
    await using proxy = await TcpProxy.open(server.port)
    const seen: number[] = []
    const feed = connect(leads, {
      baseUrl: `http://127.0.0.1:${proxy.port}`,
      reconnect: { jitterMs: 1, maxJitterMs: 5 },
      onError: () => {},
    })
    feed.on('lead', ({ n }) => seen.push(n))
    await until(() => feed.lastEventId !== '')
    for (let n = 1; n <= 9; n += 1) {
      if (n % 3 === 0) proxy.cut()
      await server.publish(n)
      if (n % 3 === 2) await until(() => seen.length === n)
    }
    await until(() => seen.length >= 9)
    feed.close()
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

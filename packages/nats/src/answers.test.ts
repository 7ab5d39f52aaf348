import { createServer, type Server } from 'node:net'
import { lead, leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { hasNats, type NatsServer } from '@sse/test-support/nats-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { KEEP_ALL } from '@sse/test-support/retention'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { nats } from './index.ts'

const { start, open, operate, laterStop } = engineScope()
const JETSTREAM = 'jetstream { store_dir: "FOLDER" }'

/** The failure without the address. */
async function answer(call: () => unknown) {
  const { code, message } = await failureOf(call)
  return { code, message: message.replace(/(127\.0\.0\.1|localhost):\d+/, '<server>') }
}

const unavailable = (message: string) => ({ code: 'engine_unavailable', message })
const failed = (message: string) => ({ code: 'engine_failed', message })
const tooLarge = (message: string) => ({ code: 'payload_too_large', message })

/** A server that sends the same words to every client. */
async function startMock(words: string): Promise<string> {
  const port = await freePort()
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      if (/^PING/m.test(bytes.toString())) socket.write('PONG\r\n')
    })
    socket.write(words)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  laterStop({
    stop: async () => {
      server.close()
    },
  })
  return `nats://127.0.0.1:${port}`
}

/** Each right as a user of a server is given it. */
function user(rights: { publish: readonly string[]; subscribe: readonly string[] }): string {
  const list = (subjects: readonly string[]) => `[${subjects.map((subject) => `"${subject}"`).join(', ')}]`
  return `${JETSTREAM}
    authorization { users: [
      { user: admin, password: admin },
      { user: app, password: secret, permissions: { publish: ${list(rights.publish)}, subscribe: ${list(rights.subscribe)} } },
    ] }`
}

/** As the README names them. */
const RIGHTS = {
  publish: [
    'sse.*.hub.>',
    '_INBOX.>',
    '$JS.FC.>',
    ...['log', 'commits', 'presence'].flatMap((kind) => [
      `$JS.API.STREAM.*.sse-${kind}-hub`,
      `$JS.API.STREAM.MSG.GET.sse-${kind}-hub`,
    ]),
    '$JS.API.DIRECT.GET.sse-log-hub',
    '$JS.API.CONSUMER.CREATE.sse-log-hub',
  ],
  subscribe: ['_INBOX.>'],
}

const asApp = ({ url }: NatsServer) => ({ servers: url, user: 'app', pass: 'secret', timeoutMs: 1_000 })

describe.skipIf(!hasNats)('a server that refuses', { timeout: 30_000 }, () => {
  it('reports a wrong password at once, without quoting it', async () => {
    const server = await start(`${JETSTREAM}\nauthorization { user: app, password: right }`)
    const refused = failed('NATS at <server> refuses the credentials: check user, password, token or creds')
    const url = `nats://app:s3cret@127.0.0.1:${server.port}`
    for (const engine of [open({ servers: url }), open(server)]) {
      expect(await answer(() => engine.append(leads(1)))).toEqual(refused)
    }
    const engine = open({ servers: `nats://app:right@127.0.0.1:${server.port}` })
    expect((await engine.append(leads(1))).positions).toEqual([1])
  })

  it('signs in with a token, in the URL or beside it', async () => {
    const server = await start(`${JETSTREAM}\nauthorization { token: right }`)
    const inUrl = open({ servers: `nats://right@127.0.0.1:${server.port}` })
    expect((await inUrl.append(leads(1))).positions).toEqual([1])
    expect((await open({ servers: server.url, token: 'right' }).append(leads(1))).positions).toEqual([2])
    expect((await failureOf(() => open({ servers: server.url, token: 'no' }).read(0, atMost(1)))).code).toBe(
      'engine_failed',
    )
  })

  it('reports a server or account without JetStream', async () => {
    const without = await start('')
    expect(await answer(() => open(without).append(leads(1)))).toEqual(
      failed(
        'NATS at <server> has no JetStream for this account: start nats-server with -js, or give the account JetStream limits',
      ),
    )
    const server = await start(`${JETSTREAM}
      accounts { A: { users: [{ user: app, password: secret }] } }`)
    expect(await answer(() => open(asApp(server)).append(leads(1)))).toEqual(
      failed(
        'NATS at <server> has no JetStream for this account: start nats-server with -js, or give the account JetStream limits',
      ),
    )
  })

  it('rejects replicas on a server whose replicas may diverge, or that is not a cluster', async () => {
    const server = await start()
    expect(await answer(() => open({ servers: server.url, replicas: 3 }).append(leads(1)))).toEqual(
      failed(
        expect.stringMatching(
          /(^NATS at <server> is not a cluster: `replicas` must be 1$)|(^NATS 2\.\d+\.\d+ at <server> may lose and double events of replicated streams: `replicas: 3` requires version 2\.10\.27 or later$)/,
        ) as unknown as string,
      ),
    )
  })

  it.each([
    ['the name', { name: 'sse-log-hub', subjects: ['orders.>'] }],
    ['the name beside the log', { name: 'sse-commits-hub', subjects: ['orders.>'] }],
    ['the subjects', { name: 'ORDERS', subjects: ['sse.>'] }],
  ])('leaves a stream of another program with %s alone', async (_, config) => {
    const server = await start()
    const operator = await operate(server)
    await operator.streams.add(config)
    const { code, message } = await answer(() => open(server).commit('ada', { epoch: 'e', position: 1 }))
    expect(code).toBe('engine_failed')
    expect(message).toMatch(
      /^NATS at <server> has a stream .*of another program.*: use another `name`, or remove it$/,
    )
    const { config: held, state } = await operator.streams.info(config.name)
    expect([held.subjects, state.messages]).toEqual([config.subjects, 0])
  })

  it('leaves a log of a newer version alone', async () => {
    const server = await start()
    const operator = await operate(server)
    await operator.streams.add({
      name: 'sse-log-hub',
      description: '@sse/nats 2 x',
      subjects: ['sse.log.hub.x.>'],
    })
    expect(await answer(() => open(server).read(0, atMost(1)))).toEqual(
      failed('NATS at <server> has a stream sse-log-hub of a newer @sse/nats: upgrade this process'),
    )
  })

  it('does not write to a log whose subjects were changed', async () => {
    const server = await start()
    await open(server).append(leads(1))
    await (await operate(server)).streams.update('sse-log-hub', { subjects: ['sse.log.hub.>'] })
    expect(await answer(() => open(server).append(leads(1)))).toEqual(
      failed(
        'NATS at <server> has a stream sse-log-hub whose subjects were changed: they must be sse.log.hub.<generation>.>',
      ),
    )
  })

  it('names missing rights', async () => {
    const server = await start(
      user({ ...RIGHTS, publish: RIGHTS.publish.filter((right) => right !== 'sse.*.hub.>') }),
    )
    const { code, message } = await answer(() => open(asApp(server)).append(leads(1)))
    expect(code).toBe('engine_failed')
    expect(message).toMatch(
      /^NATS at <server> forbids this user to publish "sse\.log\.hub\.\w+\.leads": allow it, see "Rights" in the README of @sse\/nats$/,
    )
  })

  it('warns about a missing right to follow, and keeps publishing', async () => {
    const publish = RIGHTS.publish.filter((right) => !right.includes('CONSUMER'))
    const server = await start(user({ ...RIGHTS, publish }))
    const warnings: string[] = []
    const engine = open({ ...asApp(server), onWarning: (warning) => warnings.push(warning) })
    engine.onWake(() => {})
    expect((await engine.append(leads(1))).positions).toEqual([1])
    await until(() => warnings.length > 0, 'it is warned about')
    expect(warnings).toEqual([
      expect.stringMatching(/CONSUMER\.CREATE.*\(events of other processes arrive up to a second late\)$/),
    ])
  })

  it('works with exactly the rights that the README names', async () => {
    const server = await start(user(RIGHTS))
    const warnings: string[] = []
    const engine = open({ ...asApp(server), onWarning: (warning) => warnings.push(warning) })
    let isWoken = false
    engine.onWake(() => {
      isWoken = true
    })
    await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(2)])
    expect(await engine.read(0, atMost(10, ['leads']))).toMatchObject({ head: 3, entries: { length: 3 } })
    await engine.trim({ ...KEEP_ALL, maxEvents: 1, maxAgeMs: 60_000 })
    await engine.commit('ada', { epoch: 'e', position: 1 })
    expect((await engine.committed(['ada'])).get('ada')).toEqual({ epoch: 'e', position: 1 })
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 1_000)
    expect(await engine.presence.touch('p', 1_000)).toBe(true)
    expect(await engine.presence.present('a')).toEqual(['ada'])
    await engine.presence.leave('p', [{ channel: 'a', identity: 'ada' }])
    await until(() => isWoken, 'it listens')
    isWoken = false
    await open({ servers: server.url, user: 'admin', pass: 'admin' }).append(leads(1))
    await until(() => isWoken, 'it hears of others')
    expect(warnings).toEqual([])
  })

  it('stores nothing while there is no space left, keeps reading, and publishes once there is space', async () => {
    const server = await start('jetstream { store_dir: "FOLDER", max_file_store: 300KB }')
    const engine = open(server)
    await engine.append(leads(10))
    const bulk = lead('x'.repeat(60_000))
    const refused = await until(
      async () =>
        engine.append([bulk]).then(
          () => undefined,
          (error) => error as Error & { code: string },
        ),
      'it is full',
    )
    expect([refused?.code, refused?.message.replace(/127.*?:\d+/, '<server>')]).toEqual([
      'engine_unavailable',
      'NATS at <server> has no space left for JetStream (limits of the server or the account): nothing was stored',
    ])
    const { head } = await engine.read(0, atMost(10))
    await engine.trim({ ...KEEP_ALL, maxEvents: 1 })
    expect((await until(() => engine.append(leads(1)), 'there is room')).positions).toEqual([head + 1])
  })

  it('rejects a payload above the limit of the server', async () => {
    const server = await start(`${JETSTREAM}\nmax_payload: 65536`)
    const engine = open(server)
    expect(await engine.read(0, STATE)).toMatchObject({ head: 0 })
    expect(engine.maxDataBytes).toBe(57_344)
    expect(await answer(() => engine.append([lead('x'.repeat(60_000))]))).toEqual(
      tooLarge(
        'NATS accepts payloads of at most 57344 bytes (max_payload less 8,192): publish smaller ones, or raise the limit',
      ),
    )
    // Whatever stands beside the payload has room.
    const name = '家'.repeat(256)
    const entry = { channel: name, event: name, key: name, idempotencyKey: name, data: 'x'.repeat(57_344) }
    expect((await engine.append([entry])).positions).toEqual([1])
    expect((await engine.read(0, atMost(1, [name]))).entries).toMatchObject([
      { channel: name, event: name, key: name },
    ])
    await engine.presence.enter(name, [{ channel: name, identity: name }], 10_000)
    expect(await engine.presence.present(name)).toEqual([name])
  })

  it('rejects a server whose payload limit is too small', async () => {
    const server = await start(`${JETSTREAM}\nmax_payload: 8192`)
    expect(await answer(() => open(server).read(0, atMost(1)))).toEqual(
      failed('NATS at <server> accepts at most 8192 bytes (max_payload): at least 16384 are required'),
    )
  })

  it('rejects a server below version 2.9', async () => {
    const info = { server_id: 'x', version: '2.8.4', headers: true, max_payload: 1_048_576, proto: 1 }
    const url = await startMock(`INFO ${JSON.stringify(info)}\r\n`)
    expect(await answer(() => open({ servers: url }).read(0, atMost(1)))).toEqual(
      failed('NATS 2.8.4 at <server> is not supported: version 2.9 or later is required'),
    )
  })

  it('reports a server that does not speak the protocol, or says nothing, as unavailable', async () => {
    for (const words of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
      const url = await startMock(words)
      const since = performance.now()
      expect(await answer(() => open({ servers: url, timeoutMs: 500 }).read(0, atMost(1)))).toMatchObject({
        code: 'engine_unavailable',
      })
      expect(performance.now() - since).toBeLessThan(3_000)
    }
  })

  it('reports a host that does not exist as unavailable', async () => {
    expect(
      await answer(() => open({ servers: 'nats://nowhere.invalid', timeoutMs: 500 }).read(0, atMost(1))),
    ).toEqual(unavailable(expect.stringMatching(/^NATS at nowhere\.invalid:4222 /) as unknown as string))
  })
})

describe('options', () => {
  const LIKE = 'servers must be like nats://user:password@host:4222, or tls://… for TLS'
  it.each([
    [{ servers: 'http://:s3cret@localhost' }, LIKE],
    [{ servers: [] }, LIKE],
    [{ servers: '' }, LIKE],
    [{ name: 'a.b' }, 'name must be 1 to 64 letters, digits, - and _, not "a.b"'],
    [{ timeoutMs: 0 }, 'timeoutMs must be 1 to 1073741823, not 0'],
    [{ replicas: 0 }, 'replicas must be 1 to 5, not 0'],
    [{ idempotencyMs: 5 }, 'idempotencyMs must be 100 to 2147483647, not 5'],
  ])('rejects %j', async (options, message) => {
    const failure = await failureOf(() => nats(options))
    expect({ ...failure, message: failure.message.replace(/^nats: /, '') }).toEqual({
      code: 'option_invalid',
      message,
    })
  })
})

import { createServer, type Server } from 'node:net'
import { lead, leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { atMost, STATE } from '@sse/test-support/read-options'
import { hasRedis } from '@sse/test-support/redis-server'
import { KEEP_ALL } from '@sse/test-support/retention'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { redis } from './index.ts'

const { start, open, laterStop } = engineScope()

/** The failure without the address. */
async function answer(call: () => unknown) {
  const { code, message } = await failureOf(call)
  return { code, message: message.replace(/127\.0\.0\.1:\d+/, '<server>') }
}

const unavailable = (message: string) => ({ code: 'engine_unavailable', message })
const failed = (message: string) => ({ code: 'engine_failed', message })
const tooLarge = (message: string) => ({ code: 'payload_too_large', message })

/** A server that gives one answer to whatever it is asked. */
async function startMock(reply: (command: string) => string): Promise<string> {
  const port = await freePort()
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const commands = bytes.toString().split(/(?=\*\d+\r\n\$)/)
      socket.write(commands.map(reply).join(''))
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  laterStop({
    stop: async () => {
      server.close()
    },
  })
  return `redis://127.0.0.1:${port}`
}

describe.skipIf(!hasRedis)('a server that refuses', { timeout: 30_000 }, () => {
  it('waits for a replica to be promoted, and then uses it', async () => {
    const primary = await start()
    const replica = await start('--replicaof', '127.0.0.1', String(primary.port))
    const engine = open({ url: replica.url, timeoutMs: 3_000 })
    const { code, message } = await answer(() => engine.append(leads(1)))
    expect({ code, message }).toEqual(
      unavailable('Redis at <server> is a replica: waiting for a primary. With Sentinel, pass `sentinel`'),
    )
    replica.command('REPLICAOF', 'NO', 'ONE')
    await until(() => engine.append(leads(1)), 'it is served')
  })

  it('stores nothing more on a primary that becomes a replica under an open connection', async () => {
    const server = await start()
    const engine = open({ url: server.url, timeoutMs: 3_000 })
    await engine.append(leads(1))
    server.command('REPLICAOF', '127.0.0.1', '1')
    expect(await answer(() => engine.append(leads(1)))).toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('is a replica'),
    })
    expect((await answer(() => engine.read(0, atMost(10)))).code).toBe('engine_unavailable')
  })

  it('reports a server that is loading its data as unavailable until it is ready', async () => {
    // It looks at its connections between pieces of its file.
    const server = await start('--save', '3600 100000', '--loading-process-events-interval-bytes', '1024')
    await open(server).append(leads(1000))
    const engine = open({ url: server.url, timeoutMs: 500 })
    server.command('EVAL', `for i = 1, 2000 do redis.call('SET', i, string.rep('x', 100)) end`, '0')
    server.command('SAVE')
    await server.kill()
    await server.start('--key-load-delay', '3000')
    const loading = await until(async () => {
      const said = await answer(() => engine.read(0, atMost(10)))
      return said.message.includes('loading') && said
    }, 'it says that it is loading')
    expect(loading).toEqual(unavailable('Redis at <server> is loading its data from disk'))
    server.command('CONFIG', 'SET', 'key-load-delay', '0')
    expect(await until(() => engine.read(0, STATE), 'it has loaded')).toMatchObject({ head: 1000 })
  })

  it('stores nothing of a batch while the server is out of memory, and keeps reading and trimming', async () => {
    const server = await start()
    const engine = open(server)
    const { epoch } = await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(9, 2)])
    server.command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await answer(() => engine.append([lead(11, { idempotencyKey: 'b' }), lead(12)]))).toEqual(
      unavailable(
        'Redis at <server> is out of memory (maxmemory): nothing was stored. Raise it, or retain less',
      ),
    )
    expect(await engine.read(0, atMost(10))).toMatchObject({
      epoch,
      head: 10,
      oldest: 1,
      entries: { length: 10 },
    })
    await engine.trim({ ...KEEP_ALL, maxEvents: 5 })
    expect(await engine.read(0, atMost(10))).toMatchObject({ epoch, head: 10, oldest: 6 })
    server.command('CONFIG', 'SET', 'maxmemory', '0')
    const { positions } = await engine.append([lead(11, { idempotencyKey: 'b' })])
    expect(positions).toEqual([11])
  })

  it('stores nothing while the server refuses writes for lack of replicas, and resumes afterwards', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(1))
    server.command('CONFIG', 'SET', 'min-replicas-to-write', '1')
    expect(await answer(() => engine.append(leads(1, 2)))).toEqual(
      unavailable('Redis at <server> has fewer good replicas than min-replicas-to-write: nothing was stored'),
    )
    server.command('CONFIG', 'SET', 'min-replicas-to-write', '0')
    expect((await engine.append(leads(1, 2))).positions).toEqual([2])
  })

  it('reports a wrong password at once, without quoting it', async () => {
    const server = await start('--requirepass', 'right')
    const refused = failed('Redis at <server> refuses the credentials: check user name and password')
    const url = `redis://:s3cret@127.0.0.1:${server.port}`
    for (const engine of [open({ url }), open({ url: server.url })]) {
      expect(await answer(() => engine.append(leads(1)))).toEqual(refused)
    }
    const engine = open({ url: `redis://:right@127.0.0.1:${server.port}` })
    expect((await engine.append(leads(1))).positions).toEqual([1])
  })

  it('detects missing rights before anything is stored', async () => {
    const server = await start('--user', 'app', 'on', '>secret', '~sse:*', '+@all', '-hset')
    const engine = open({ url: server.url, username: 'app', password: 'secret' })
    const refused = failed(
      'Redis at <server> forbids a command to this user: required are ~sse:{hub}* +@read +@write +@scripting +@connection +info +time',
    )
    expect(await answer(() => engine.append(leads(1)))).toEqual(refused)
    expect(server.command('DBSIZE')).toBe('0')
    server.command('ACL', 'SETUSER', 'app', '+hset')
    await until(() => engine.append(leads(1)), 'the right is there')
  })

  it('works with exactly the rights that its error message names', async () => {
    const rights = '~sse:{hub}* +@read +@write +@scripting +@connection +info +time'.split(' ')
    const server = await start('--user', 'app', 'on', '>secret', ...rights)
    const engine = open({ url: server.url, username: 'app', password: 'secret' })
    await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(2)])
    expect(await engine.read(0, atMost(10, ['leads']))).toMatchObject({ head: 3, entries: { length: 3 } })
    await engine.trim({ ...KEEP_ALL, maxEvents: 1, maxAgeMs: 1000 })
    await engine.commit('ada', { epoch: 'e', position: 1 })
    expect((await engine.committed(['ada'])).get('ada')).toEqual({ epoch: 'e', position: 1 })
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 1000)
    expect(await engine.presence.touch('p', 1000)).toBe(true)
    expect(await engine.presence.present('a')).toEqual(['ada'])
    await engine.presence.leave('p', [{ channel: 'a', identity: 'ada' }])
    let isWoken = false
    engine.onWake(() => {
      isWoken = true
    })
    await until(() => isWoken, 'it listens')
  })

  it.each([
    ['a string', ['SET', 'sse:{hub}', 'mine']],
    ['a hash', ['HSET', 'sse:{hub}', 'name', 'mine']],
    ['a hash of another kind', ['HSET', 'sse:{hub}', 'kind', 'mine']],
  ])('leaves %s of another program under its name alone', async (_, command) => {
    const server = await start()
    server.command(...command)
    expect(await answer(() => open(server).append(leads(1)))).toEqual(
      failed(
        'Redis at <server> has data of another program under sse:{hub}…: use another `name`, or remove the data',
      ),
    )
    expect(server.command('DBSIZE')).toBe('1')
  })

  it('leaves a log of a newer version alone', async () => {
    const server = await start()
    server.command('HSET', 'sse:{hub}', 'kind', '@sse/redis 2')
    expect(await answer(() => open(server).read(0, atMost(1)))).toEqual(
      failed('Redis at <server> has a log sse:{hub} written by a newer @sse/redis: upgrade this process'),
    )
  })

  it('reports a database that does not exist', async () => {
    const server = await start()
    expect(await answer(() => open({ url: `${server.url}/99` }).read(0, atMost(1)))).toEqual(
      failed('Redis at <server> has no database of that number'),
    )
  })

  it('rejects a payload above the limit of the server, and keeps working', async () => {
    const server = await start('--proto-max-bulk-len', '1mb')
    const engine = open(server)
    expect(await engine.read(0, STATE)).toMatchObject({ head: 0 })
    expect(engine.maxDataBytes).toBe(1_048_576)
    expect(await answer(() => engine.append([lead('x'.repeat(1_100_000))]))).toEqual(
      tooLarge(
        'Redis accepts payloads of at most 1048576 bytes (proto-max-bulk-len): publish smaller ones, or raise the limit',
      ),
    )
    expect((await until(() => engine.append([lead(1)]), 'it continues')).positions).toEqual([1])
  })

  it('rejects a server below version 7', async () => {
    const hello = ['server', 'redis', 'version', '6.2.14', 'proto', '2', 'role', 'master']
    const text = `*${hello.length}\r\n${hello.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
    const url = await startMock((command) =>
      command.includes('HELLO') ? text : command.includes('INFO') ? '$0\r\n\r\n' : ':1\r\n',
    )
    expect(await answer(() => open({ url }).read(0, atMost(1)))).toEqual(
      failed('Redis 6.2.14 at <server> is not supported: version 7.0 or later is required'),
    )
  })

  it('reports a server that does not speak the protocol as unavailable', async () => {
    const url = await startMock(() => 'HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await answer(() => open({ url, timeoutMs: 500 }).read(0, atMost(1)))).toMatchObject({
      code: 'engine_unavailable',
    })
  })

  it('sends its scripts again after the script cache was flushed', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(1))
    server.command('SCRIPT', 'FLUSH')
    expect((await engine.append(leads(1, 2))).positions).toEqual([2])
  })

  it('warns once about an eviction policy that may take keys without a TTL', async () => {
    const server = await start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru')
    const warnings: string[] = []
    const engine = open({ url: server.url, onWarning: (warning) => warnings.push(warning) })
    engine.onWake(() => {})
    await engine.append(leads(1))
    server.command('CLIENT', 'KILL', 'TYPE', 'normal')
    await until(() => engine.append(leads(1)), 'it is back')
    expect(warnings).toEqual([expect.stringMatching(/may evict any key .*allkeys-lru.*Use noeviction/)])
    const quiet: string[] = []
    for (const policy of ['volatile-lru', 'noeviction']) {
      server.command('CONFIG', 'SET', 'maxmemory-policy', policy)
      await open({ url: server.url, name: policy, onWarning: (warning) => quiet.push(warning) }).read(
        0,
        STATE,
      )
    }
    expect(quiet).toEqual([])
  })
})

describe('options', () => {
  it.each([
    [
      { url: 'http://:s3cret@localhost' },
      'url must be like redis://user:password@host:6379/0, or rediss://… for TLS',
    ],
    [
      { url: 'redis://localhost/leads' },
      'url must be like redis://user:password@host:6379/0, or rediss://… for TLS',
    ],
    [{ name: 'a{b}' }, 'name must be 1 to 128 characters without spaces and braces, not "a{b}"'],
    [{ timeoutMs: 0 }, 'timeoutMs must be 1 to 1073741823, not 0'],
    [{ url: 'redis://a', cluster: { nodes: [] } }, 'pass only one of url, sentinel and cluster'],
    [{ cluster: { nodes: [] } }, 'cluster needs `nodes`'],
    [
      { credentials: () => ({ password: 'a' }), password: 'b' },
      'pass either credentials, or username and password',
    ],
    [{ sentinel: { master: '', nodes: [] } }, 'sentinel needs `master` and `nodes`'],
  ])('rejects %j', async (options, message) => {
    expect(await failureOf(() => redis(options))).toEqual({
      code: 'option_invalid',
      message: `redis: ${message}`,
    })
  })
})

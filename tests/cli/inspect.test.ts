import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runCommand, startCommand } from './run-command.ts'
import { STORES, type Store } from './stores.ts'

const leads = defineStream({ path: '/leads', events: { lead: type<{ n: number }>(), count: type<number>() } })

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-inspect-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return folder
}

async function inspect(...args: string[]) {
  const { code, out, err } = await runCommand(['inspect', ...args, '--json'])
  expect(err).toBe('')
  expect(code).toBe(0)
  return JSON.parse(out)
}

describe.each(STORES)('on $kind, the log', ({ kind, isThere, start }) => {
  describe.skipIf(!isThere)('of a running hub', () => {
    let store: Store
    beforeAll(async () => {
      store = await start()
    })
    afterAll(() => store.stop())

    it('finds no hub before there is one, neither does publish, and both create nothing', async () => {
      const before = await store.state()
      const inspected = await runCommand(['inspect', store.address])
      expect(inspected.err).toMatch(/^error .*(does not exist|has no (hub|tables))/)
      expect(inspected).toMatchObject({ code: 3, out: '' })
      const published = await runCommand(['publish', store.address, 'lead', '1', '-c', 'a'])
      expect(published.err).toMatch(/^error .*\n {2}next: .*--create/m)
      expect(published).toMatchObject({ code: 3, out: '' })
      expect(await store.state()).toEqual(before)
    })

    it('shows events, subscribers and presence to a user who may only read, and changes nothing', async () => {
      const engine = store.engine()
      const hub = createHub(leads, { engine })
      cleanups.push(() => hub.close())
      const first = await hub.publish('owner:42', 'lead', { n: 1 })
      await hub.ack('ada', first)
      for (let n = 2; n <= 3; n += 1) await hub.publish('everyone', 'lead', { n })
      await hub.publish('everyone', 'count', 1)
      await engine.presence?.enter('here', [{ channel: 'ev:ery one', identity: 'ädä' }], 60_000)
      await engine.presence?.enter('gone', [{ channel: 'everyone', identity: 'bob' }], 1)
      const reader = await store.readerAddress()
      const before = await store.state()
      const shown = await inspect(reader)
      expect(shown).toMatchObject({
        head: 4,
        oldest: 1,
        sample: { from: 1, to: 4 },
        channels: [
          { channel: 'everyone', events: 3, bytes: 15, largest: 7 },
          { channel: 'owner:42', events: 1, bytes: 7, largest: 7 },
        ],
        events: [
          { event: 'lead', events: 3 },
          { event: 'count', events: 1 },
        ],
        subscribers: { total: 1, items: [{ subscriber: 'ada', position: 1, behind: 3 }] },
        present: { total: 1, channels: [{ channel: 'ev:ery one', identities: ['ädä'] }] },
        runs: [],
      })
      expect(`${shown.epoch}-1`).toBe(first)
      expect(shown.channels[0].newestAt).toBeGreaterThan(Date.now() - 60_000)
      const text = await runCommand(['inspect', reader])
      expect(text.out).toContain('4 events, positions 1 to 4')
      expect(text.out).not.toContain('right')
      expect(await store.state()).toEqual(before)
    })

    it('gets what publish sends, through a hub on the same engine', async () => {
      const { code, out } = await runCommand([
        'publish',
        store.address,
        'lead',
        '{"n":4}',
        '-c',
        'a',
        '--json',
      ])
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ id: expect.stringMatching(/-5$/), event: 'lead', channel: 'a' })
      expect((await inspect(store.address)).head).toBe(5)
    })

    it('is counted page by page, and after a trim from the oldest event that is left', async () => {
      const engine = store.engine()
      cleanups.push(() => engine.close())
      const before = (await inspect(store.address)).head
      const head = before + 1_200
      await engine.append(
        Array.from({ length: 1_200 }, (_, n) => ({ channel: 'bulk', event: 'n', data: `${n}` })),
      )
      const sampled = await inspect(store.address, '--sample', '1100')
      expect(sampled).toMatchObject({ head, oldest: 1, sample: { from: head - 1_099, to: head } })
      expect(sampled.channels).toMatchObject([{ channel: 'bulk', events: 1_100, largest: 4 }])
      const keep = (maxEvents: number) =>
        engine.trim({ maxEvents, maxAgeMs: Infinity, maxCommitAgeMs: Infinity })
      await keep(2)
      const trimmed = await inspect(store.address)
      expect(trimmed).toMatchObject({ head, oldest: head - 1, sample: { from: head - 1, to: head } })
      expect(trimmed.channels).toMatchObject([{ channel: 'bulk', events: 2 }])
      await keep(0)
      const { out } = await runCommand(['inspect', store.address])
      expect(out).toContain(`no events: all ${head.toLocaleString('en')} were trimmed`)
    })

    it.skipIf(kind === 'sqlite')('is that of --name', async () => {
      const other = await runCommand(['inspect', store.address, '--name', 'other'])
      expect(other).toMatchObject({
        code: 3,
        err: expect.stringContaining('no hub named "other": check --name'),
      })
    })

    it.skipIf(kind !== 'postgres')('is in the schema of --schema', async () => {
      const other = await runCommand(['inspect', store.address, '--schema', 'other'])
      expect(other).toMatchObject({
        code: 3,
        err: expect.stringContaining('in the schema other: check --schema'),
      })
    })

    it.skipIf(kind === 'sqlite')('never prints a wrong password', async () => {
      const { code, err } = await runCommand(['inspect', store.wrongAddress as string])
      expect(code).toBe(3)
      expect(err).toMatch(/refuses the credentials/)
      expect(err).not.toContain('s3cret')
    })
  })
})

describe('an SQLite file', () => {
  const listing = (folder: string) => readdirSync(folder).sort()
  const write = `
    import { createHub } from '@sse/server'
    import { sqlite } from '@sse/sqlite'
    import { defineStream, type } from '@sse/contract'
    const hub = createHub(defineStream({ path: '/', events: { n: type() } }), { engine: sqlite(process.argv[1]) })
    for (let n = 0; n < 3; n += 1) await hub.publish('a', 'n', n)
  `

  it('is read after its processes were closed or killed, and no file appears beside it', async () => {
    const folder = newFolder()
    const file = join(folder, 'leads.db')
    const { spawnSync } = await import('node:child_process')
    const run = (end: string) =>
      spawnSync(
        process.execPath,
        ['--conditions=@sse/source', '--input-type=module', '-e', write + end, file],
        {
          cwd: import.meta.dirname,
        },
      )
    run('await hub.close()')
    expect(listing(folder)).toEqual(['leads.db'])
    expect((await inspect(`sqlite:${file}`)).head).toBe(3)
    expect(listing(folder)).toEqual(['leads.db'])
    run("process.kill(process.pid, 'SIGKILL')")
    const killed = listing(folder)
    expect(killed).toEqual(['leads.db', 'leads.db-shm', 'leads.db-wal'])
    expect((await inspect(`sqlite:${file}`)).head).toBe(6)
    expect(listing(folder)).toEqual(killed)
    const copy = newFolder()
    for (const name of ['leads.db', 'leads.db-wal']) copyFileSync(join(folder, name), join(copy, name))
    const { code, err } = await runCommand(['inspect', `sqlite:${join(copy, 'leads.db')}`])
    expect(code).toBe(3)
    expect(err).toContain('copied while it was open')
  })

  it('that is no log of a hub is refused', async () => {
    const folder = newFolder()
    const path = (name: string) => join(folder, name)
    writeFileSync(path('text.db'), 'not a database, but long enough to have a header of one')
    new DatabaseSync(path('app.db')).exec('CREATE TABLE users (id)')
    new DatabaseSync(path('foreign.db')).exec('CREATE TABLE sse_meta (id)')
    for (const [name, message] of [
      ['text.db', 'is not an SQLite database'],
      ['app.db', 'has no log of @sse/sqlite'],
      ['foreign.db', 'of another program'],
      ['missing.db', 'does not exist'],
      ['', 'is not a file'],
    ] as const) {
      const { code, err } = await runCommand(['inspect', `sqlite:${path(name)}`])
      expect(err).toContain(message)
      expect(code).toBe(3)
    }
    expect(listing(folder)).toEqual(['app.db', 'foreign.db', 'text.db'])
  })

  it('with more events than --sample is counted from the newest, and the output says so', async () => {
    const file = join(newFolder(), 'leads.db')
    const engine = sqlite(file)
    cleanups.push(() => engine.close())
    const entry = { channel: 'a\u202eb', event: 'lead', data: '1' }
    await engine.append(Array.from({ length: 3_000 }, () => entry))
    const shown = await inspect(`sqlite:${file}`, '--sample', '1200')
    expect(shown.sample).toMatchObject({ from: 1_801, to: 3_000 })
    expect(shown.channels).toMatchObject([{ events: 1_200 }])
    const { out } = await runCommand(['inspect', `sqlite:${file}`, '--sample', '1200'])
    expect(out).toContain('3,000 events, positions 1 to 3,000\nBelow are events 1,801 to 3,000')
    expect(out).toContain('a\ufffdb')
  })

  it('with runs shows how each ended, and which process is gone', async () => {
    const file = join(newFolder(), 'runs.db')
    const runs = createRuns(leads, { engine: sqlite(file), onError: () => {} })
    cleanups.push(() => runs.close())
    for (const id of ['good', 'bad', 'open']) {
      await runs.start(id, async function* ({ event, signal }) {
        yield event('lead', { n: 1 })
        if (id === 'bad') throw new Error('broken')
        if (id === 'open') await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })
    }
    await expect.poll(async () => (await runs.status('bad')).status).toBe('failed')
    await expect.poll(async () => (await runs.status('good')).status).toBe('completed')
    const shown = await inspect(`sqlite:${file}`)
    expect(shown.runs).toMatchObject([
      { id: 'good', status: 'completed', events: 1 },
      { id: 'bad', status: 'failed', code: 'internal' },
      { id: 'open', status: 'running', isAlive: true, attempt: 1 },
    ])
    expect(shown.channels).toEqual([])
    expect(shown.present.channels).toEqual([])
  })
})

it('follows a log: one line of JSON for each look in a pipe, redrawn on a terminal, until Ctrl-C', async () => {
  const file = join(newFolder(), 'leads.db')
  const hub = createHub(leads, { engine: sqlite(file) })
  cleanups.push(() => hub.close())
  await hub.publish('a', 'count', 1)
  const follow = startCommand(['inspect', `sqlite:${file}`, '--follow', '--every', '20ms'])
  await follow.says(/"head":1,/)
  await hub.publish('a', 'count', 2)
  await follow.says(/"head":2,.*"channels":\[\{"channel":"a","events":2,/)
  follow.signal('SIGINT')
  expect(await follow.exited, follow.output).toBe(0)
  const looking = runCommand(['inspect', `sqlite:${file}`, '-f', '--every', '20ms'], { isTTY: true })
  setTimeout(() => process.emit('SIGINT'), 300)
  const { code, out } = await looking
  expect(code).toBe(0)
  expect(out.split('\u001b[H\u001b[J').length).toBeGreaterThan(2)
})

it.each([
  [[], /missing required argument 'address'/],
  [['leads.db'], /did you mean sqlite:leads\.db\?/],
  [['http://localhost:3000/leads'], /use sse tail/],
  [['memory()'], /hub\.stats\(\)/],
  [['sqlite:'], /names no file/],
  [
    ['mysql://root:s3cret@localhost'],
    /"mysql:\/\/root:\*\*\*@localhost" is not the address of an engine\n.*sqlite:leads\.db/,
  ],
  [['redis://app:s3/cret@localhost'], /not a valid address\n.*percent-encode/],
  [['nats://localhost', '--name', 'a b'], /letters, digits, - and _/],
  [['sqlite:a.db', '--follow', '--every', 'soon'], /"soon" is not a duration/],
  [['sqlite:a.db', '--sample', '-1'], /is not a whole number from 1/],
] as const)('inspect %j exits with 2 and says what to write', async (args, message) => {
  const { code, out, err } = await runCommand(['inspect', ...args])
  expect(err).toMatch(message)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).not.toContain('s3cret')
})

it('reports a server that does not listen', async () => {
  for (const address of [
    'redis://a:s3cret@127.0.0.1:9',
    'nats://a:s3cret@127.0.0.1:9',
    'postgres://a:s3cret@127.0.0.1:9/b',
  ]) {
    const { code, err } = await runCommand(['inspect', address])
    expect(err).toMatch(/127\.0\.0\.1:9.* cannot be reached: .*ECONNREFUSED\n {2}next: start the server/)
    expect(code).toBe(3)
    expect(err).not.toContain('s3cret')
  }
})

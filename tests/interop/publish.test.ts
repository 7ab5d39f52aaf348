import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { postgres } from '@sse/postgres'
import { createHub, type Hub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { hasPostgres, PostgresServer } from '@sse/test-support/postgres-server'
import { startProgram } from '@sse/test-support/program'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { requireProgram, requirePython } from '@sse/test-support/require-program'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const page = readFileSync(
  new URL('../../docs/guides/publish-from-other-programs.md', import.meta.url),
  'utf8',
)
/** The code of a block of the page, as a reader copies it. */
function block(language: string, start: string): string {
  const found = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].find(
    ([, name, code = '']) => name === language && code.startsWith(start),
  )
  if (!found) throw new Error(`The page has no ${language} block that starts with ${start}`)
  return found[2] as string
}

const inbox = defineStream({
  path: '/inbox/:person',
  channels: ['person:{id}'],
  events: { lead: type<{ title: string }>() },
})
const python = requirePython('urllib.request', 'sqlite3')
const curl = requireProgram('curl')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'publish-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function runs(command: string, args: string[]): Promise<string> {
  const program = startProgram(command, args)
  expect(await program.exited, program.output).toBe(0)
  return program.output
}

/** Reads the titles that Ada has been sent. */
async function titles(hub: Hub<typeof inbox>, count: number): Promise<string[]> {
  const found: string[] = []
  for await (const { payload } of hub.subscribe('person:ada', { from: 'oldest' })) {
    found.push(payload.title)
    if (found.length === count) break
  }
  return found
}

describe.skipIf(!python || !curl)('the server of the page', () => {
  let server: ProgramServer
  beforeAll(async () => {
    // Beside the tests, so that it finds the packages.
    const file = new URL('./.publish-server.ts', import.meta.url).pathname
    writeFileSync(file, block('ts', '// server.ts'))
    server = await startProgramServer(
      process.execPath,
      (port) => [
        '--conditions=@sse/source',
        '--import',
        `data:text/javascript,process.env.PORT='${port}'`,
        file,
      ],
      { env: { DATABASE: join(folder, 'inbox.db') } },
    )
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(new URL('./.publish-server.ts', import.meta.url).pathname, { force: true })
  })
  /** The page's code, for the port of this server. */
  const here = (code: string) => code.replaceAll('http://localhost:3000', server.origin)

  it('takes events from the Python and the curl of the page, and its clients get them', async () => {
    const feed = connect(inbox, { baseUrl: server.origin, params: { person: 'ada' } })
    const seen: string[] = []
    feed.on('lead', ({ title }) => void seen.push(title))
    await until(() => feed.status.state === 'open')
    const script = here(block('python', '# publish.py'))
    const first = await runs(python as string, ['-c', script])
    expect(await runs(python as string, ['-c', script]), 'the same key').toBe(first)
    expect(await runs('sh', ['-c', here(block('sh', 'curl '))])).toMatch(/"ids":\["[\w-]+"\]/)
    await until(() => seen.length === 2)
    expect(seen).toEqual(['A roof in Lyon', 'A kitchen in Turin'])
    feed.close()
  })

  it('tells Python what it has done wrong', async () => {
    const script = here(block('python', '# publish.py'))
      .replaceAll("'title'", "'titel'")
      .replace("'lead'", "'leed'")
    const program = startProgram(python as string, ['-c', script])
    expect(await program.exited).toBe(1)
    expect(program.output).toContain('HTTP Error 422')
    const refused = await fetch(`${server.origin}/publish`, { method: 'POST' })
    expect(refused.status).toBe(401)
  })
})

describe.skipIf(!python)('the SQLite of Python', () => {
  it('inserts into the outbox as the page shows, once for each key, and the events have their places', async () => {
    const file = join(folder, 'insert.db')
    await using hub = createHub(inbox, { engine: sqlite(file) })
    await hub.publish('person:ada', 'lead', { title: 'first' })
    const script = block('python', '# insert.py')
    await runs(python as string, ['-c', script, file])
    await runs(python as string, ['-c', script, file])
    await hub.publish('person:ada', 'lead', { title: 'last' })
    expect(await titles(hub, 3)).toEqual(['first', 'Two windows, Porto', 'last'])
    expect(hub.stats().skipped).toBe(0)
  })

  it('is refused what no client could read, with the constraint in its error', async () => {
    const file = join(folder, 'refused.db')
    await using hub = createHub(inbox, { engine: sqlite(file) })
    await hub.publish('person:ada', 'lead', { title: 'first' })
    const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
good = ['person:ada', 'lead', '{"title": "x"}', None]
wrong = [(2, '{"title"'), (2, "{'title': 1}"), (2, 'NaN'), (2, None), (2, b'1'), (0, ''), (0, 'a' * 257), (0, 'a\\nb'), (0, None), (1, ''), (1, 'a\\nb'), (1, None), (3, ''), (3, 'a\\tb')]
for place, value in wrong:
    row = list(good); row[place] = value
    try:
        db.execute('INSERT INTO sse_outbox (channel, event, data, idempotency_key) VALUES (?, ?, ?, ?)', row)
        print('TAKEN', place, repr(value))
    except sqlite3.Error as error:
        print(type(error).__name__, error)
`
    const output = await runs(python as string, ['-c', script, file])
    expect(output).not.toContain('TAKEN')
    expect(output).toContain('data must be JSON')
    expect(output.match(/^(sqlite3\.)?\w*Error /gm)).toHaveLength(14)
    await hub.publish('person:ada', 'lead', { title: 'last' })
    expect(await titles(hub, 2)).toEqual(['first', 'last'])
    expect(hub.stats().skipped).toBe(0)
  })
})

describe.skipIf(!hasPostgres)('the SQL of the page', { timeout: 60_000 }, () => {
  let after: (() => Promise<void>) | undefined
  afterAll(() => after?.())

  it('inserts into the outbox of Postgres, once for each key, and mistakes fail', async () => {
    const server = await PostgresServer.start()
    after = () => server.stop()
    const url = await server.database('app')
    await using hub = createHub(inbox, { engine: postgres({ url, name: 'inbox' }) })
    await hub.publish('person:ada', 'lead', { title: 'first' })
    const client = new Client({ connectionString: url })
    await client.connect()
    const sql = block('sql', 'INSERT INTO sse.outbox')
    await client.query(sql)
    await client.query(sql)
    expect(await titles(hub, 2)).toEqual(['first', 'A heat pump, Graz'])
    for (const [part, wrong, code] of [
      ["'inbox'", "'outbox'", '23502'],
      ['{"title": "A heat pump, Graz"}', '{"title"', '22P02'],
      ["'person:ada'", "''", '23514'],
      ["'lead'", "E'le\\nad'", '23514'],
    ] as const) {
      await expect(client.query(sql.replace(part, wrong)), wrong).rejects.toMatchObject({ code })
    }
    await client.end()
    expect(hub.stats().skipped).toBe(0)
  })
})

import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defineStream, type } from '@sse/contract'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import { createHub, type Hub } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { publishHandler } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { freePort } from '@sse/test-support/free-port'
import { hasPostgres, PostgresServer } from '@sse/test-support/postgres-server'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { requireProgram, requirePython } from '@sse/test-support/require-program'
import { startScript } from '@sse/test-support/script-process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readPage } from '../readme/code-blocks.ts'

const run = promisify(execFile)
const python = requirePython('json')
const curl = requireProgram('curl')
const psql = requireProgram('psql')

const PAGE = 'docs/guides/publish-from-other-programs.md'
/** The blocks of the page, as it shows them. */
const blocks = (language: string): string[] =>
  [...readPage(PAGE).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  )
const [CURL = '', REDIS_CLI = ''] = blocks('sh')
const [TEN_LINES = '', SURELY = ''] = blocks('python')
const [SELECT = '', GRANT = '', CHECK = ''] = blocks('sql')

const leads = defineStream({
  path: '/leads/:owner',
  channels: ['owner:{id}'],
  events: { lead: type<{ id: string; title: string }>() },
})

function newHub(engine?: Engine, onError: (error: unknown) => void = () => {}): Hub<typeof leads> {
  const hub = createHub(leads, { ...(engine && { engine }), onError })
  onTestFinished(() => hub.close())
  return hub
}

/** Serves the endpoint of the page. */
async function serve(hub = newHub()) {
  const authorize = ({ req }: { req: { headers: { authorization?: string | undefined } } }) =>
    req.headers.authorization === 'Bearer secret' ? { id: 'crm' } : null
  const server = createServer(publishHandler(hub, { authorize }))
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${port}`
  return { hub, origin, here: (code: string) => code.replaceAll('http://localhost:3000', origin) }
}

async function titles(hub: Hub<typeof leads>, count: number) {
  const found: string[] = []
  for await (const event of hub.subscribe('owner:42', { from: 'oldest' })) {
    if (event.event === 'lead') found.push(event.payload.title)
    if (found.length >= count) break
  }
  return found
}

const runPython = async (code: string) => (await run(python as string, ['-c', code])).stdout

describe('the page about publishing from other programs', () => {
  it.skipIf(!curl)('shows a curl command that publishes once, however often it is run', async () => {
    const { hub, here } = await serve()
    const first = await run('sh', ['-c', here(CURL)])
    const again = await run('sh', ['-c', here(CURL)])
    expect(JSON.parse(first.stdout)).toEqual({ ids: [expect.any(String)] })
    expect(again.stdout).toBe(first.stdout)
    expect(await titles(hub, 1)).toEqual(['Ada'])
    expect(hub.contract).toBe(leads)
  })

  it.skipIf(!python)('shows a program in Python of ten lines that publishes', async () => {
    const { hub, here } = await serve()
    expect(TEN_LINES.trimEnd().split('\n').filter(Boolean)).toHaveLength(9)
    expect(await runPython(here(TEN_LINES))).toMatch(/^\['\w+-\d+'\]\n$/)
    expect(await titles(hub, 1)).toEqual(['Grace'])
  })

  it.skipIf(!python)('shows a loop in Python that says why a request is refused', async () => {
    const { here } = await serve()
    const mistakes = [
      ['{"channel": "owner:42", "event": "laed", "payload": 1}', 'event_unknown'],
      ['{"channel": "team:42", "event": "lead", "payload": 1}', 'channel_invalid'],
      ['{"channel": "owner:42", "event": "lead", "paylaod": 1}', 'publish_invalid'],
      ['{"channel": "owner:42", "event": "lead", "payload": 2**64}', 'publish_invalid'],
    ]
    const tries = mistakes.map(
      ([event]) => `try:\n    publish_surely(${event})\nexcept ValueError as error:\n    print(error)\n`,
    )
    const printed = await runPython(`${here(TEN_LINES)}\n${SURELY}\n${tries.join('')}`)
    const answers = printed.trimEnd().split('\n').slice(1)
    expect(answers.map((line) => JSON.parse(line).code)).toEqual(mistakes.map(([, code]) => code))
  })

  it.skipIf(!python)(
    'shows a loop in Python that publishes once, although the server dies between storing and answering',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sse-publish-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      const file = join(folder, 'leads.db')
      const port = String(await freePort())
      const script = new URL('publish-process.ts', import.meta.url)
      const dying = startScript(script, port, file, 'dies')
      await expect.poll(() => dying.lines, { timeout: 20_000 }).toContain('listening')
      const event = '{"channel": "owner:42", "event": "lead", "payload": {"id": "1", "title": "%s"}}'
      const code = `${TEN_LINES.slice(0, TEN_LINES.indexOf('ids ='))}\n${SURELY}\nprint(publish_surely(${event.replace('%s', 'Barbara')}, ${event.replace('%s', 'Margaret')}))`
      const printing = runPython(code.replaceAll('http://localhost:3000', `http://127.0.0.1:${port}`))
      await dying.done
      const next = startScript(script, port, file)
      onTestFinished(() => next.stop())
      expect(await printing).toMatch(/^\['\w+-1', '\w+-2'\]\n$/)
      await next.stop()
      const hub = newHub(sqlite(file))
      await hub.publish('owner:42', 'lead', { id: '2', title: 'last' })
      expect(await titles(hub, 3)).toEqual(['Barbara', 'Margaret', 'last'])
    },
  )

  it.skipIf(!hasPostgres || !psql)('shows statements for Postgres that work in psql', async () => {
    const server = await PostgresServer.start('fsync=off')
    onTestFinished(() => server.stop())
    const hub = newHub(postgres({ url: server.url, name: 'leads' }))
    await hub.publish('owner:42', 'lead', { id: '1', title: 'first' })
    const ask = (url: string, sql: string) =>
      spawnSync(psql as string, ['-X', '-v', 'ON_ERROR_STOP=1', url, '-c', sql], { encoding: 'utf8' })
    expect(ask(server.url, GRANT)).toMatchObject({ status: 0 })
    expect(ask(server.url, CHECK)).toMatchObject({ status: 0 })
    const asCrm = server.url.replace('postgres@', 'crm@')
    expect(ask(asCrm, SELECT)).toMatchObject({ status: 0 })
    for (const wrong of [SELECT.replace("'lead'", "'laed'"), SELECT.replace('"Alan"', '"Alan')]) {
      expect(ask(asCrm, wrong).status).not.toBe(0)
    }
    expect(ask(asCrm, 'DELETE FROM sse.entries').stderr).toContain('permission denied')
    expect(await titles(hub, 2)).toEqual(['first', 'Alan'])
  })

  it.skipIf(!python)('says that SQLite of Debian’s Python cannot write into the log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sse-publish-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'leads.db')
    const hub = newHub(sqlite(file))
    await hub.publish('owner:42', 'lead', { id: '1', title: 'first' })
    const insert = `
import sqlite3
print(sqlite3.sqlite_version_info < (3, 43))
db = sqlite3.connect(${JSON.stringify(file)})
try:
    db.execute("INSERT INTO sse_entries (at, channel, event, data) VALUES (0, 'owner:42', 'lead', '1')")
except sqlite3.Error as error:
    print(error)`
    const [isOld, error] = (await runPython(insert)).split('\n')
    if (isOld === 'True') expect(error).toContain('unknown function: octet_length()')
    await hub.publish('owner:42', 'lead', { id: '2', title: 'second' })
    expect(await titles(hub, 2)).toEqual(['first', 'second'])
  })

  it.skipIf(!hasRedis)(
    'shows commands for Redis that work in redis-cli, and tells what becomes of mistakes',
    async () => {
      const server = await RedisServer.start()
      onTestFinished(() => server.stop())
      const errors: unknown[] = []
      const hub = newHub(redis({ url: server.url, name: 'leads' }), (error) => errors.push(error))
      await hub.publish('owner:42', 'lead', { id: '1', title: 'first' })
      const cli = (code: string) =>
        run('sh', ['-c', code.replaceAll('redis-cli', `redis-cli -p ${server.port}`)])
      await cli(REDIS_CLI)
      const command = 'c owner:42 e lead d \'{"id": "10", "title": "Edsger"}\''
      expect(REDIS_CLI).toContain(command)
      for (const wrong of [
        'c owner:42 e lead',
        'c owner:42 d 1',
        'e lead d 1',
        "c '' e lead d 1",
        'c owner:42 e "$(printf \'le\\nad\')" d 1',
        'c owner:42 e sse.end d 1',
        "c owner:42 e lead d '{'",
      ]) {
        await cli(REDIS_CLI.replace(command, wrong))
      }
      await cli(REDIS_CLI.replace(command, 'c team:1 e laed d 1'))
      await hub.publish('owner:42', 'lead', { id: '2', title: 'last' })
      expect(await titles(hub, 3)).toEqual(['first', 'Edsger', 'last'])
      expect(hub.stats().skipped).toBe(7)
      expect(errors).toHaveLength(7)
    },
  )
})

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from '@sse/client'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'
import type { ProgramServer } from '@sse/test-support/program-server'
import { requirePythonPackages } from '@sse/test-support/require-program'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { leadsByLeadIdCheck, leadsStream } from '../../examples/fastapi/src/contracts.ts'
import { exampleFolder, startApp } from '../interop/openapi/python-apps.ts'
import { expectAccessible, expectFits, launch, requireBrowser } from '../lead-desk/browser.ts'

const python = requirePythonPackages()

/** Vite makes a page's dependencies when it is first asked for them. */
const patience = { timeout: 20_000 }
const portOf = ({ origin }: ProgramServer) => Number(new URL(origin).port)

/** Posts a lead to the app. */
async function post(origin: string, name: string): Promise<void> {
  const { status } = await fetch(`${origin}/leads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, source: 'web', budget: null }),
  })
  expect(status).toBe(201)
}

/** Follows the stream of leads and notes the names of the leads, gaps and states. */
function follow(baseUrl: string, options: Parameters<typeof connect>[1] = {}) {
  const feed = connect(leadsStream, { baseUrl, reconnect: { jitterMs: 20, maxJitterMs: 20 }, ...options })
  onTestFinished(() => feed.close())
  const seen: string[] = []
  const states: string[] = []
  feed.on('lead', ({ name }) => seen.push(name))
  feed.on('gap', ({ reason }) => seen.push(`gap: ${reason}`))
  feed.onStatus(({ state }) => states.push(state))
  return { feed, seen, states }
}

describe.skipIf(!python)('the FastAPI example', () => {
  let server: ProgramServer
  beforeAll(async () => {
    server = await startApp(python as string, 'main')
  })
  afterAll(() => server?.stop())

  it('publishes the document from which its contracts are generated', async () => {
    const published = await (await fetch(`${server.origin}/openapi.json`)).json()
    const file = `${exampleFolder}/openapi.json`
    if (process.env.UPDATE_DOCUMENTS) writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`)
    expect(published).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  })

  it('sends a client that was cut off every event it missed, once', async () => {
    await using proxy = await TcpProxy.open(portOf(server))
    const { feed, seen } = follow(`http://127.0.0.1:${proxy.port}`)
    await until(() => feed.lastEventId)
    await post(server.origin, 'one')
    await until(() => seen.length === 1)
    expect(proxy.cut()).toBe(1)
    await post(server.origin, 'two')
    await post(server.origin, 'three')
    await until(() => seen.length >= 3)
    await post(server.origin, 'four')
    await until(() => seen.length >= 4)
    expect(seen).toEqual(['one', 'two', 'three', 'four'])
  })

  it('continues after the id that came with the list', async () => {
    const { last_event_id } = await (await fetch(`${server.origin}/leads`)).json()
    await post(server.origin, 'late')
    const { seen } = follow(server.origin, { lastEventId: last_event_id })
    await until(() => seen.length > 0)
    expect(seen).toEqual(['late'])
  })

  it('is open for a client before the first event, and pings it so that silence is not taken for a dead connection', async () => {
    const { feed, states } = follow(server.origin, { idleTimeoutMs: 800 })
    await until(() => feed.status.state === 'open')
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(states).toEqual(['connecting', 'open'])
  })

  it('notices that a client has left', async () => {
    const left = () => server.output.split('a client has left').length
    const { feed } = follow(server.origin)
    await until(() => feed.status.state === 'open')
    const before = left()
    feed.close()
    await until(() => left() > before)
  })

  it('ends a stream that is complete, with an event for this client and 204 for any other', async () => {
    const feed = connect(leadsByLeadIdCheck, { baseUrl: server.origin, params: { lead_id: '1' } })
    const percents: number[] = []
    for await (const { event, payload } of feed) if (event === 'message') percents.push(payload.percent)
    expect(percents).toEqual([0, 30, 70, 100])
    expect(feed.status).toMatchObject({ state: 'closed', reason: 'ended' })
    const headers = { 'last-event-id': feed.lastEventId }
    expect((await fetch(`${server.origin}/leads/1/check`, { headers })).status).toBe(204)
  })

  it('refuses an unknown lead with its status', async () => {
    const answer = await fetch(`${server.origin}/leads/999/owner?owner=bo`, { method: 'PUT' })
    expect(answer.status).toBe(404)
  })
})

it.skipIf(!python)(
  'a log reports a gap to a client whose next event is gone or whose id is not its own',
  async () => {
    const script = `
import asyncio
from live import Log
from pydantic import BaseModel

class Tick(BaseModel):
    n: int

async def read(log, after):
    events = []
    try:
        async with asyncio.timeout(0.1):
            async for event in log.read(after):
                events.append(event.event + (event.raw_data or str(event.data or "")))
    except TimeoutError:
        print(*events)

async def main():
    log = Log(size=2)
    ids = [log.last_id]
    for n in range(1, 5):
        await log.append("tick", Tick(n=n))
        ids.append(log.last_id)
    for after in [*ids, log.last_id + "0", "sse.end", "é-1", None]:
        await read(log, after)

asyncio.run(main())
`
    await using program = startProgram(python as string, ['-B', '-c', script], { cwd: exampleFolder })
    expect(await program.exited, program.output).toBe(0)
    const trimmed = `sse.open sse.gap{'reason': 'trimmed'} tick{"n":3} tick{"n":4}`
    const epoch = `sse.gap{'reason': 'epoch'}`
    expect(program.output.trim().split('\n')).toEqual([
      trimmed,
      trimmed,
      'sse.open tick{"n":3} tick{"n":4}',
      'sse.open tick{"n":4}',
      'sse.open',
      epoch,
      epoch,
      epoch,
      'sse.open',
    ])
  },
)

describe.skipIf(!python).each(['chromium', 'firefox'] as const)(
  'the page of the FastAPI example in %s',
  (kind) => {
    const path = requireBrowser(kind)
    let browser: Browser
    beforeAll(async () => {
      if (path) browser = await launch(kind, path)
    })
    afterAll(() => browser?.close())

    it.skipIf(!path)(
      'shows leads of another origin live, resumes after a lost connection, and loads the list again after a restart',
      async () => {
        const pagePort = await freePort()
        const env = { PAGE_ORIGIN: `http://localhost:${pagePort}` }
        const app = await startApp(python as string, 'main', env)
        onTestFinished(() => app.stop())
        await post(app.origin, 'Ada')
        await using proxy = await TcpProxy.open(portOf(app))
        await using _vite = await startPage(pagePort, `http://127.0.0.1:${proxy.port}`)
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
        onTestFinished(() => page.close())
        const complaints: string[] = []
        page.on('pageerror', (error) => complaints.push(String(error)))
        page.on('console', (message) => {
          if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
        })
        let loads = 0
        page.on('request', (request) => {
          if (request.method() === 'GET' && request.url().endsWith('/leads')) loads += 1
        })
        const leads = () => page.locator('li strong').allTextContents()
        const status = () => page.getByRole('status').textContent()

        await page.goto(`http://localhost:${pagePort}`)
        await expect.poll(status, patience).toBe('open')
        await expect.poll(leads, patience).toEqual(['Ada'])
        await page.getByLabel('Name of the lead').fill('Grace')
        await page.getByRole('button', { name: 'Add lead' }).click()
        await expect.poll(leads, patience).toEqual(['Grace', 'Ada'])
        await expect
          .poll(() => page.locator('.newest').textContent(), patience)
          .toBe('Newest: Grace, from web')
        await page.getByRole('button', { name: 'Take' }).first().click()
        await expect.poll(() => page.locator('.owner').allTextContents(), patience).toEqual(['you'])
        await page.getByRole('button', { name: 'Check' }).last().click()
        await expect.poll(() => page.locator('.check').textContent(), patience).toContain('done')
        if (kind === 'chromium') await expectAccessible(page)
        await expectFits({ page, complaints }, `example-fastapi-${kind}`)

        // The stream continues after its last id: the list is not loaded again.
        const before = loads
        expect(proxy.cut()).toBeGreaterThan(0)
        await post(app.origin, 'Linus')
        await expect.poll(leads, patience).toEqual(['Linus', 'Grace', 'Ada'])

        expect(loads).toBe(before)

        if (kind === 'firefox') return
        // A new process knows none of the old ids: the list is loaded again.
        await using again = await startApp(python as string, 'main', env)
        await post(again.origin, 'Margaret')
        await app.stop()
        proxy.moveTo(portOf(again))
        await expect.poll(leads, patience).toEqual(['Margaret'])
        expect(loads).toBeGreaterThan(before)
        await expect.poll(status, patience).toBe('open')
        const left = () => again.output.split('a client has left').length
        const leftBefore = left()
        await page.close()
        await expect.poll(left, patience).toBeGreaterThan(leftBefore)
      },
    )
  },
)

/** Runs the page's `start` script. */
async function startPage(port: number, api: string) {
  const vite = createRequire(`${exampleFolder}/`)
    .resolve('vite/package.json')
    .replace('package.json', 'bin/vite.js')
  const args = [vite, '--port', String(port), '--strictPort']
  const program = startProgram(process.execPath, args, {
    cwd: exampleFolder,
    env: { VITE_API: api, NODE_ENV: 'development' },
  })
  await program.says(/ready in/)
  return program
}

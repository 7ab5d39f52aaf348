import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { type Program, startProgram } from '@sse/test-support/program'
import { until } from '@sse/test-support/until'
import { describe, expect, it, type TestContext } from 'vitest'
import { END, HELD, load, openStream, start, startFanout, tempFolder } from './load-server.ts'
import { runCommand } from './run-command.ts'

/** Starts the hub of load-hub.ts on this port. */
async function startHub(test: TestContext, port: number, ...file: string[]): Promise<Program> {
  const script = fileURLToPath(new URL('load-hub.ts', import.meta.url))
  const hub = startProgram(process.execPath, ['--conditions=@sse/source', script, String(port), ...file])
  test.onTestFinished(() => hub.stop('SIGKILL'))
  await hub.says(/listening/)
  return hub
}

describe.concurrent('connections to a hub', () => {
  it('are opened, held, measured and closed', async (test) => {
    const port = await freePort()
    const hub = await startHub(test, port)
    const url = `http://localhost:${port}/leads`
    const ending = new AbortController()
    const running = runCommand(['load', url, '-c', '200', '--for', '10m'], { signal: ending.signal })
    await hub.says(/(^200 connections\n){15}/m)
    ending.abort()
    const { code, out, err } = await running
    expect(out).toMatch(/^connections 200 of 200 opened, 200 open at the end$/m)
    expect(out).toMatch(/^reconnects {2}0, after 0 responses/m)
    expect(out).toMatch(/^errors {6}none$/m)
    expect(out).toMatch(/^losses {6}0 missing, 0 repeated, 0 not arrived at the end$/m)
    expect(out).toMatch(/^ +p50 +p90 +p99 +max\nconnect( +[\d.,]+ ms){4}\ndelivery( +[\d.,]+ ms){4}$/m)
    expect(out).toMatch(/^p99\.9 +[\d.,]+ ms│/m)
    expect(err).toMatch(
      /^200 connections to http:\/\/localhost:\d+\/leads \(127\.0\.0\.1\): 500 per second for 1 s, then 600 s\n/,
    )
    expect(code).toBe(0)
  })

  it.for([
    ['with a gap, as its log was in memory', false, { epoch: 100 }],
    ['without a gap, as its log is a file', true, {}],
  ] as const)('resume after the server was killed and started again: %s', async ([, hasFile, gaps], test) => {
    const port = await freePort()
    const file = hasFile ? [join(tempFolder(test), 'leads.db')] : []
    const first = await startHub(test, port, ...file)
    const ending = new AbortController()
    const running = load([`http://127.0.0.1:${port}/leads`, '-c', '100'], ending.signal)
    await first.says(/(^100 connections\n){3}/m)
    await first.stop('SIGKILL')
    const second = await startHub(test, port, ...file)
    await second.says(/(^100 connections\n){5}/m)
    ending.abort()
    const report = await running
    expect(report).toMatchObject({
      code: 1,
      connections: { started: 100, opened: 100, open: 100, failed: 0 },
      reconnects: 100,
      refusals: {},
      losses: { missing: 0, repeated: 0 },
    })
    expect(report.gaps).toEqual(gaps)
    const kinds = Object.keys(report.errors)
    expect(kinds.filter((kind) => !/^(ECONNRESET|ECONNREFUSED|CUT_OFF)$/.test(kind))).toEqual([])
    expect(kinds).not.toEqual([])
  })
})

describe.concurrent('what a server does', () => {
  it('is counted by status and code when it refuses, and tried again after its Retry-After', async (test) => {
    const refusedAt = new Map<string, number>()
    const waited: number[] = []
    const url = await start(test, ({ url = '' }, res) => {
      const number = Number(url.slice('/leads/'.length))
      const at = refusedAt.get(url)
      if (at !== undefined) waited.push(performance.now() - at)
      if (at !== undefined || number % 2 === 1) return openStream(res, END)
      refusedAt.set(url, performance.now())
      const code = number % 4 === 0 ? 'too_many_connections' : 'evil\u001b[2J'
      res.writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' })
      res.end(JSON.stringify({ code, message: 'Too many' }))
    })
    const { code, out } = await runCommand(['load', `${url}/{n}`, '-c', '40', ...HELD])
    expect(out).toContain('40 of 40 opened, 0 open at the end, 40 ended by the server')
    expect(out).toMatch(/^refusals {4}10 × 429 .*, 10 × 429 .*$/m)
    expect(out).toContain('10 × 429 too_many_connections')
    expect(out).not.toContain('\u001b')
    expect(waited).toHaveLength(20)
    expect(Math.min(...waited)).toBeGreaterThan(990)
    expect(code).toBe(1)
  })

  it('is counted when it closes responses: every connection reconnects and resumes', async (test) => {
    const resumed: string[] = []
    const url = await start(test, ({ headers }, res) => {
      const id = headers['last-event-id'] as string | undefined
      openStream(res, 'retry: 1\nid: näme\ndata: 1\n\n')
      if (id !== undefined) resumed.push(Buffer.from(id, 'latin1').toString())
      res.end(id === undefined ? '' : END)
    })
    expect(await load([url, '-c', '20'])).toMatchObject({
      code: 1,
      reconnects: 20,
      closedByServer: 20,
      errors: {},
      connections: { ended: 20 },
      losses: { repeated: 20 }, // the same id again: this server does not resume
    })
    expect(resumed).toEqual(Array.from({ length: 20 }, () => 'näme'))
  })

  it('is counted when it breaks responses off', async (test) => {
    const seen = new Set<string>()
    const url = await start(test, ({ url = '' }, res) => {
      openStream(res, seen.has(url) ? END : ':\n\n')
      if (!seen.has(url)) setTimeout(() => res.destroy(), 50)
      seen.add(url)
    })
    const { code, errors, reconnects } = await load([`${url}/{n}`, '-c', '20'])
    expect(Object.keys(errors)).toEqual([expect.stringMatching(/^(CUT_OFF|ECONNRESET)$/)])
    expect(Object.values(errors)).toEqual([20])
    expect(reconnects).toBe(20)
    expect(code).toBe(1)
  })

  it('is counted when it leaves events out, or sends them twice', async (test) => {
    const { url, open, requests } = await startFanout(test)
    const running = load([url, '-c', '20'])
    await until(() => open.length === 20, 'all are open')
    const [skips, repeats] = open
    for (const res of open) res.write('id: 0\ndata: 0\n\n')
    // Events of the first second are not expected of a connection.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    for (let n = 1; n <= 10; n += 1) {
      for (const res of open) {
        if (n === 5 && res === skips) continue
        const event = `id: ${n}\ndata: ${n}\n\n`
        res.write(n === 5 && res === repeats ? `${event}${event}` : event)
      }
    }
    for (const res of open) res.end()
    await until(() => open.length === 40, 'all have reconnected')
    expect(requests.slice(20).map(({ headers }) => headers['last-event-id'])).toEqual(Array(20).fill('10'))
    for (const res of open.slice(20)) res.write(`id: 11\ndata: 11\n\n${END}`)
    expect(await running).toMatchObject({
      code: 1,
      events: 240,
      reconnects: 20,
      errors: {},
      losses: { missing: 1, repeated: 1 },
      deliveryMs: { measured: 'spread' },
    })
  })

  it('is counted when it stops sending to a connection', async (test) => {
    const { url, open } = await startFanout(test)
    const ending = new AbortController()
    const running = load([url, '-c', '20'], ending.signal)
    await until(() => open.length === 20, 'all are open')
    // Events of the first and the last second are not expected of a connection.
    for (const n of [1, 2, 3]) {
      for (const res of open.slice(n === 1 ? 0 : 1)) res.write(`id: ${n}\ndata: ${n}\n\n`)
      if (n !== 2) await new Promise((resolve) => setTimeout(resolve, 2_000))
    }
    ending.abort()
    expect(await running).toMatchObject({
      code: 1,
      losses: { missing: 0, repeated: 0, behind: { connections: 1, events: 2 } },
    })
  })

  it('is not compared where each connection gets its own events', async (test) => {
    const url = await start(test, ({ url = '', headers }, res) => {
      openStream(res, `id: ${url} ${headers['x-user']}\ndata: 1\n\nid: 2\ndata: 2\n\n${END}`)
    })
    for (const args of [[`${url}/{n}?n={n}`], [url, '-H', 'x-user: user-{n}'], [url, '--no-compare']]) {
      const report = await load([...args, '-c', '10'])
      expect(report).toMatchObject({ code: 0, losses: null, deliveryMs: null, events: 20 })
    }
  })

  it('numbers the connections in paths, queries and headers', async (test) => {
    const seen: string[] = []
    const url = await start(test, ({ url, headers }, res) => {
      seen.push(`${url} ${headers['x-user']}`)
      openStream(res, END)
    })
    await load([`${url}/{n}?n={n}`, `${url}/other`, '-c', '4', '-H', 'x-user: user-{n}'])
    expect(seen.sort()).toEqual([
      '/leads/1?n=1 user-1',
      '/leads/3?n=3 user-3',
      '/leads/other user-2',
      '/leads/other user-4',
    ])
  })

  it('is timed from the field of --time-field: milliseconds, seconds or a date', async (test) => {
    const { url, open } = await startFanout(test)
    const running = load([url, '-c', '10', '--time-field', 'meta.at'])
    await until(() => open.length === 10, 'all are open')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const sentAt = Date.now() - 50
    for (const at of [
      sentAt,
      sentAt / 1_000,
      new Date(sentAt).toISOString(),
      null,
      sentAt - 60_000,
      sentAt * 2,
    ])
      for (const res of open) res.write(`data: {"meta":{"at":${JSON.stringify(at)}}}\n\n`)
    for (const res of open) res.write(END)
    const { deliveryMs, untimed, losses } = await running
    expect(deliveryMs).toMatchObject({ measured: 'time-field', count: 30 })
    expect(deliveryMs.p50).toBeGreaterThan(45)
    expect(untimed).toEqual({ caughtUp: 10, withoutTime: 10, inTheFuture: 10 })
    expect(losses).toEqual({ missing: 0, repeated: 0, behind: { connections: 0, events: 0 } })
  })

  it('ends the command early when every stream has ended', async (test) => {
    const url = await start(test, (_, res) => openStream(res, `data: 1\n\n${END}`))
    const report = await load([url, '-c', '10'])
    expect(report).toMatchObject({ code: 0, events: 10, connections: { opened: 10, ended: 10, open: 0 } })
  })
})

import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { serve } from '@sse/test-support/http-server'
import { startProgram } from '@sse/test-support/program'
import { until } from '@sse/test-support/until'
import { afterEach, describe, expect, it } from 'vitest'
import { runCommand, startCommand, startShell } from './run-command.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function start(listener: RequestListener): Promise<string> {
  const server = await serve(listener)
  cleanups.push(() => server[Symbol.asyncDispose]())
  return `${server.origin}/leads`
}

const openStream = (res: ServerResponse, text = ':\n\n') => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(text)
}

/** A server whose connections all get what `send` is called with. */
async function startFanout(): Promise<{
  url: string
  requests: IncomingMessage[]
  open: Set<ServerResponse>
}> {
  const open = new Set<ServerResponse>()
  const requests: IncomingMessage[] = []
  const url = await start((req, res) => {
    requests.push(req)
    openStream(res)
    open.add(res)
    res.on('close', () => open.delete(res))
  })
  return { url, requests, open }
}

/** Runs `sse load` with `--json`, and resolves with its report. */
async function load(...args: string[]) {
  const { code, out, err } = await runCommand(['load', ...args, '--json'])
  if (out === '') throw new Error(`no report, exit code ${code}: ${err}`)
  return { code, err, ...JSON.parse(out) }
}

/** Starts the hub of load-hub.ts on this port. */
async function startHub(port: number, ...args: string[]) {
  const script = fileURLToPath(new URL('load-hub.ts', import.meta.url))
  const hub = startProgram(process.execPath, ['--conditions=@sse/source', script, String(port), ...args])
  cleanups.push(() => hub.stop('SIGKILL'))
  await hub.says(/listening/)
  return hub
}

describe('connections to a hub', () => {
  it('are opened, held, measured and closed', async () => {
    const port = await freePort()
    await startHub(port)
    const url = `http://localhost:${port}/leads`
    const { code, out, err } = await runCommand(['load', url, '-c', '200', '--for', '1s'])
    expect(code).toBe(0)
    expect(err).toMatch(
      /^200 connections to http:\/\/localhost:\d+\/leads \(127\.0\.0\.1\), 500 per second, then 1 s: ends after 2 s at the latest\n$/,
    )
    expect(out).toMatch(/^connections 200 of 200 opened, 200 open at the end$/m)
    expect(out).toMatch(/^reconnects {2}0, after 0 responses/m)
    expect(out).toMatch(/^errors {6}none$/m)
    expect(out).toMatch(/^order {7}0 missing, 0 repeated, 0 not arrived at the end$/m)
    expect(out).toMatch(/^ +p50 +p90 +p99 +max\nconnect( +[\d.,]+ ms){4}\ndelivery( +[\d.,]+ ms){4}$/m)
    expect(out).toMatch(/^p99\.9 +[\d.,]+ ms│/m)
  })

  it('get every event once after the server was killed and started again, with a gap in its log', async () => {
    const port = await freePort()
    const first = await startHub(port)
    const running = startCommand([
      ...['load', `http://127.0.0.1:${port}/leads`, '-c', '100', '--rate', '1000', '--for', '9s', '--json'],
    ])
    cleanups.push(() => running.stop('SIGKILL'))
    await first.says(/100 connections/)
    await first.stop('SIGKILL')
    const second = await startHub(port)
    await second.says(/100 connections/)
    running.signal('SIGINT')
    expect(await running.exited).toBe(1)
    const report = JSON.parse(running.output.slice(running.output.indexOf('{')))
    expect(report).toMatchObject({
      connections: { started: 100, opened: 100, open: 100, failed: 0 },
      reconnects: 100,
      gaps: { epoch: 100 },
      refusals: {},
      order: { missing: 0, repeated: 0 },
    })
    const kinds = Object.keys(report.errors)
    expect(kinds.every((kind) => /^(ECONNRESET|ECONNREFUSED|CUT_OFF)$/.test(kind))).toBe(true)
    expect(kinds).not.toEqual([])
  })
})

describe('what a server does', () => {
  it('is counted by status and code when it refuses, and tried again after its Retry-After', async () => {
    let requests = 0
    const url = await start((_, res) => {
      requests += 1
      if (requests % 2 === 1) return openStream(res)
      const code = requests % 4 === 0 ? 'too_many_connections' : 'evil\u001b[2J'
      res.writeHead(429, { 'content-type': 'application/json', 'retry-after': '60' })
      res.end(JSON.stringify({ code, message: 'Too many' }))
    })
    const args = ['load', url, '-c', '40', '--rate', '1000', '--for', '400ms']
    const { code, out } = await runCommand(args)
    expect(code).toBe(1)
    expect(out).toContain('20 of 40 opened, 20 open at the end')
    expect(out).toMatch(
      /^refusals {4}10 × 429 evil\S*, 10 × 429 too_many_connections$|^refusals {4}10 × 429 too_many_connections, 10 × 429 evil\S*$/m,
    )
    expect(out).not.toContain('\u001b')
    expect(requests).toBe(40)
  })

  it('is counted when it closes responses: every connection reconnects and resumes', async () => {
    const seen: unknown[] = []
    const url = await start(({ headers }, res) => {
      seen.push(headers['last-event-id'])
      openStream(res, 'retry: 1\nid: näme\ndata: 1\n\n')
      if (headers['last-event-id'] === undefined) res.end()
    })
    const report = await load(url, '-c', '20', '--rate', '1000', '--for', '3s')
    expect(report).toMatchObject({
      reconnects: 20,
      closedByServer: 20,
      errors: {},
      connections: { open: 20 },
    })
    const resumed = seen.filter((id) => id !== undefined)
    expect(resumed).toHaveLength(20)
    expect(new Set(resumed.map((id) => Buffer.from(String(id), 'latin1').toString()))).toEqual(
      new Set(['näme']),
    )
    // The same id again: a server that does not resume.
    expect(report).toMatchObject({ code: 1, order: { repeated: 20 } })
  })

  it('is counted when it breaks responses off', async () => {
    const url = await start((_, res) => {
      openStream(res)
      setTimeout(() => res.destroy(), 50)
    })
    const report = await load(url, '-c', '20', '--rate', '1000', '--for', '300ms')
    expect(report.code).toBe(1)
    expect(Object.keys(report.errors)).toEqual([expect.stringMatching(/^(CUT_OFF|ECONNRESET)$/)])
    expect(report.errors[Object.keys(report.errors)[0] as string]).toBeGreaterThanOrEqual(20)
  })

  it('is counted when it leaves events out, sends them twice, or never', async () => {
    const { url, open } = await startFanout()
    const running = load(url, '-c', '20', '--rate', '1000', '--for', '4s')
    await until(() => open.size === 20, 'all are open')
    const all = [...open]
    const [skips, repeats, misses] = [all[3], all[4], all[5]]
    for (let n = 1; n <= 10; n += 1) {
      for (const res of all) {
        if (n === 5 && res === skips) continue
        if (n > 7 && res === misses) continue
        res.write(`id: ${n}\ndata: ${n}\n\n`)
        if (n === 5 && res === repeats) res.write(`id: ${n}\ndata: ${n}\n\n`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const report = await running
    expect(report).toMatchObject({
      code: 1,
      events: 197,
      order: { missing: 1, repeated: 1, behind: { connections: 1, events: 3 } },
      deliveryMs: { measured: 'spread' },
    })
  })

  it('is not compared where each connection gets its own events', async () => {
    const url = await start(({ url = '', headers }, res) => {
      openStream(res, `id: ${url} ${headers['x-user']}\ndata: 1\n\nid: 2\ndata: 2\n\n`)
    })
    const byPath = await load(`${url}/{n}?n={n}`, '-c', '10', '--for', '200ms')
    expect(byPath).toMatchObject({ code: 0, order: null, deliveryMs: null, events: 20 })
    const byHeader = await load(url, '-c', '10', '--for', '200ms', '-H', 'x-user: user-{n}')
    expect(byHeader).toMatchObject({ code: 0, order: null })
    const byOption = await load(url, '-c', '10', '--for', '200ms', '--no-compare')
    expect(byOption).toMatchObject({ code: 0, order: null })
  })

  it('numbers the connections in paths, queries and headers', async () => {
    const { url, requests } = await startFanout()
    await load(`${url}/{n}?n={n}`, `${url}/other`, '-c', '4', '--for', '100ms', '-H', 'x-user: user-{n}')
    expect(requests.map(({ url, headers }) => `${url} ${headers['x-user']}`).sort()).toEqual([
      '/leads/1?n=1 user-1',
      '/leads/3?n=3 user-3',
      '/leads/other user-2',
      '/leads/other user-4',
    ])
  })

  it.each([
    ['milliseconds', () => Date.now() - 1_000],
    ['seconds', () => Date.now() / 1_000 - 1],
    ['a date', () => new Date(Date.now() - 1_000).toISOString()],
  ])('is timed from the field of --time-field, in %s', async (_, time) => {
    const { url, open } = await startFanout()
    const running = load(url, '-c', '10', '--rate', '1000', '--for', '2s', '--time-field', 'meta.at')
    await until(() => open.size === 10, 'all are open')
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    for (const res of open)
      res.write(`data: {"meta":{"at":${JSON.stringify(time())}}}\n\ndata: {"meta":null}\n\n`)
    const { deliveryMs, untimed, order } = await running
    expect(deliveryMs).toMatchObject({ measured: 'time-field', count: 10 })
    expect(deliveryMs.p50).toBeGreaterThan(999)
    expect(untimed).toEqual({ caughtUp: 0, withoutTime: 10, inTheFuture: 0 })
    expect(order).toEqual({ missing: 0, repeated: 0, behind: { connections: 0, events: 0 } })
  })

  it('ends the command early when every stream has ended', async () => {
    const url = await start((_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.end('data: 1\n\nid: sse.end\nevent: sse.end\ndata:\n\n')
    })
    const report = await load(url, '-c', '10', '--for', '10m')
    expect(report).toMatchObject({ code: 0, events: 10, connections: { opened: 10, ended: 10, open: 0 } })
  })
})

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { serve } from '@sse/test-support/http-server'
import { type Program, startProgram } from '@sse/test-support/program'
import { requireProgram } from '@sse/test-support/require-program'
import { until } from '@sse/test-support/until'
import { describe, expect, it, type TestContext } from 'vitest'
import { runCommand, startCommand, startShell } from './run-command.ts'

// Tests run at the same time, so each cleans up after itself.
async function start(test: TestContext, listener: RequestListener): Promise<string> {
  const server = await serve(listener)
  test.onTestFinished(() => server[Symbol.asyncDispose]())
  return `${server.origin}/leads`
}

const openStream = (res: ServerResponse, text = ':\n\n') => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(text)
}
/** Ends a stream for good. A run whose streams have all ended is over, so it needs no time limit. */
const END = 'id: sse.end\nevent: sse.end\ndata:\n\n'

/** A server whose open responses are in a list. */
async function startFanout(test: TestContext) {
  const open: ServerResponse[] = []
  const requests: IncomingMessage[] = []
  let closed = 0
  const url = await start(test, (req, res) => {
    requests.push(req)
    openStream(res)
    open.push(res)
    res.on('close', () => {
      closed += 1
    })
  })
  return {
    url,
    requests,
    open,
    get closed() {
      return closed
    },
  }
}

const HELD = ['--rate', '1000', '--for', '10m']

/** Runs `sse load` with `--json` until every stream has ended, and resolves with its report. */
async function load(args: readonly string[], signal?: AbortSignal) {
  const { code, out, err } = await runCommand(['load', ...args, ...HELD, '--json'], signal ? { signal } : {})
  if (out === '') throw new Error(`no report, exit code ${code}: ${err}`)
  return { code, err, ...JSON.parse(out) }
}

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

describe.concurrent('a first connection that fails', () => {
  const failure = async (url: string, ...args: string[]) => {
    const { code, out, err } = await runCommand(['load', url, '-c', '300', '--for', '10m', ...args])
    expect(out).toBe('')
    return { code, err: err.replace(/^300 connections to .*\n/, '') }
  }

  it.each([
    [404, {}, /leads answered 404\n {2}next: check the path/],
    [401, {}, /leads answered 401\n {2}next: sign in/],
    [200, { 'content-type': 'text/html' }, /Not an event stream, but "text\/html"/],
    [200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }, /Compressed with gzip/],
  ] as const)('ends the command before there are more: %i %j', async (status, headers, message) => {
    let requests = 0
    await using server = await serve((_, res) => {
      requests += 1
      res.writeHead(status, headers).end('<h1>Sign in</h1>')
    })
    const { code, err } = await failure(`${server.origin}/leads`)
    expect(err).toMatch(message)
    expect(code).toBe(3)
    expect(requests).toBe(1)
  })

  it('is not followed when it is redirected, not even on the same host', async (test) => {
    const other = await startFanout(test)
    const url = await start(
      test,
      (_, res) => void res.writeHead(307, { location: `${other.url}?key=1` }).end(),
    )
    const { code, err } = await failure(url)
    expect(err).toMatch(
      /leads answered 307: redirects to http:\/\/127.0.0.1:\d+\/leads\?key=\*\*\*\n {2}next: redirects are not followed: give the address/,
    )
    expect(code).toBe(3)
    expect(other.requests).toEqual([])
  })

  it('is reported when nothing listens', async () => {
    const port = await freePort()
    const { code, err } = await failure(`http://127.0.0.1:${port}/leads`)
    expect(err).toMatch(/Nothing listens on 127\.0\.0\.1:\d+\n {2}next: start the server/)
    expect(code).toBe(3)
  })

  it('is reported when the server never answers', async (test) => {
    const url = await start(test, () => {})
    const { code, err } = await failure(url, '--timeout', '300ms')
    expect(err).toMatch(/127\.0\.0\.1:\d+ has not answered in time\n {2}next: .*--timeout/)
    expect(code).toBe(3)
  })

  it('is reported when the server speaks no HTTP, or closes without an answer', async (test) => {
    for (const [greeting, message] of [
      ['220 smtp.example.com ready\r\n', /does not speak HTTP/],
      ['', /closed the connection without an answer/],
    ] as const) {
      const port = await startTcp(test, (socket) => socket.end(greeting))
      const { code, err } = await failure(`http://127.0.0.1:${port}/leads`)
      expect(err).toMatch(message)
      expect(code).toBe(3)
    }
  })

  it('is reported when the certificate is self-signed; one that is trusted is measured', async (test) => {
    const { url, certificate } = await startTls(test)
    const { code, err } = await failure(url)
    expect(err).toMatch(/an authority that this machine does not trust[\s\S]*NODE_EXTRA_CA_CERTS/)
    expect(code).toBe(3)
    const trusting = startCommand(['load', url, '-c', '20', ...HELD], {
      env: { NODE_EXTRA_CA_CERTS: certificate },
    })
    expect(await trusting.exited, trusting.output).toBe(0)
    expect(trusting.output).toMatch(/20 of 20 opened, 0 open at the end, 20 ended by the server$/m)
    expect(trusting.output).toMatch(/^events {6}20,/m)
  })
})

describe.concurrent('the limits', () => {
  it('keep it away from hosts outside of this machine and private networks', async () => {
    for (const host of ['192.0.2.1', '[2001:db8::1]', '169.254.169.254', '0.0.0.0']) {
      const { code, err } = await runCommand(['load', `http://${host}/leads`])
      const name = host.replace(/[[\]]/g, '')
      expect(err).toContain(`${name} is outside of this machine and private networks`)
      expect(err).toContain(`--allow-host ${name}`)
      expect(code).toBe(2)
    }
  })

  it('do not follow a redirect that comes later: it is counted', async (test) => {
    const other = await startFanout(test)
    let first: ServerResponse | undefined
    let requests = 0
    const url = await start(test, (_, res) => {
      requests += 1
      if (first) res.writeHead(302, { location: other.url }).end()
      else openStream(res)
      first ??= res
      if (requests === 10) first.write(END)
    })
    const report = await load([url, '-c', '10'])
    expect(report).toMatchObject({
      code: 1,
      connections: { opened: 1, failed: 9 },
      refusals: { [`302 redirects to ${other.url}`]: 9 },
    })
    expect(other.requests).toEqual([])
  })

  it('are those of the system: too few open files are reported before anything is opened', async (test) => {
    const { url, requests } = await startFanout(test)
    const shell = startShell(`ulimit -n 200; sse load ${url} -c 300`)
    expect(await shell.exited).toBe(2)
    expect(shell.output).toMatch(
      /This process may open 200 files, and needs 360\n {2}next: .*ulimit -n 360.*or use -c 140$/m,
    )
    expect(requests).toEqual([])
  })

  it.each([
    [['load'], /missing required argument 'url'/],
    [['load', 'localhost:3000/leads'], /did you mean http:\/\/localhost:3000\/leads/],
    [['load', 'http://{n}.localhost/leads'], /\{n\} can only be in the path and the query/],
    [['load', 'http://127.0.0.1/', '-c', '100001'], /more than 100000 connections/],
    [['load', 'http://127.0.0.1/', '--for', '2h'], /longer than 1h/],
    [['load', 'http://127.0.0.1/', '--rate', '0'], /"0" is not a whole number from 1/],
    [
      ['load', 'http://127.0.0.1/', '--allow-host', 'example.com'],
      /example\.com is not the host of an address/,
    ],
  ] as const)('%j exits with 2', async (args, message) => {
    const { code, out, err } = await runCommand(args)
    expect(err).toMatch(message)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('are ended by Ctrl-C, which prints the report so far and closes every connection', async (test) => {
    const server = await startFanout(test)
    const running = startCommand(['load', server.url, '-c', '5000', '--rate', '50/s', '--for', '1h'])
    test.onTestFinished(() => running.stop('SIGKILL'))
    await until(() => server.open.length >= 20, 'some are open')
    running.signal('SIGINT')
    expect(await running.exited, running.output).toBe(0)
    const [, opened] = /^connections (\d+) of \d+ opened, \1 open at the end$/m.exec(running.output) ?? []
    expect(Number(opened)).toBeGreaterThan(0)
    expect(Number(opened)).toBeLessThan(5_000)
    await until(() => server.closed === server.open.length, 'all are closed')
  })
})

it.skipIf(!requireProgram('script'))(
  'draws a bar on a terminal, and removes it before the report',
  async (test) => {
    const { url } = await startFanout(test)
    const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
    const command = `"${process.execPath}" --conditions=@sse/source "${main}" load ${url} -c 50 --for 1s`
    const shell = startProgram('script', ['-qec', command, '/dev/null'])
    expect(await shell.exited, shell.output).toBe(0)
    expect(shell.output).toMatch(/\r\u001b\[2K█*░* (opening|measuring) \d+ %, \d+ open, 0 events\r/)
    expect(shell.output).toMatch(/\r\u001b\[2K\u001b\[1mconnections/)
  },
)

async function startTcp(test: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer(onSocket).listen(0, '127.0.0.1')
  test.onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function tempFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-load-'))
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function startTls(test: TestContext): Promise<{ url: string; certificate: string }> {
  const folder = tempFolder(test)
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ]
  execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, res) =>
    openStream(res, `data: ä\n\n${END}`),
  ).listen(0)
  test.onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/leads`, certificate }
}

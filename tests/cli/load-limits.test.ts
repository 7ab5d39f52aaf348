import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { serve } from '@sse/test-support/http-server'
import { startProgram } from '@sse/test-support/program'
import { requireProgram } from '@sse/test-support/require-program'
import { until } from '@sse/test-support/until'
import { describe, expect, it, type TestContext } from 'vitest'
import { END, HELD, load, openStream, start, startFanout, tempFolder } from './load-server.ts'
import { runCommand, startCommand, startShell } from './run-command.ts'

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

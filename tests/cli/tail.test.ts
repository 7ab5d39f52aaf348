import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { freePort } from '@sse/test-support/free-port'
import { serve } from '@sse/test-support/http-server'
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

/** A server that answers each request with the next of these texts, and keeps the last response open. */
function startStream(...texts: string[]): Promise<string> {
  let requests = 0
  return start((_, res) => {
    const text = texts[Math.min(requests, texts.length - 1)]
    requests += 1
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    if (requests < texts.length) res.end(text)
    else res.write(text)
  })
}

const leads = defineStream({ path: '/leads', events: { lead: type<{ n: number }>() } })

async function startHub(): Promise<{ url: string; publish: (n: number) => Promise<string> }> {
  const hub = createHub(leads, { retention: { maxEvents: 5 } })
  cleanups.push(() => hub.close())
  const url = await start(sse(hub, { authorize: () => true, channels: 'all' }))
  return { url, publish: (n) => hub.publish('all', 'lead', { n }) }
}

it('prints time, name, value and id of every event, whatever its name', async () => {
  const url = await startStream(
    'id: 7\nevent: lead\ndata: {"a":1}\n\nevent: näme with spaces\ndata: text\n\ndata: 3\n\n',
  )
  const { code, out, err } = await runCommand(['tail', url, '-n', '3'])
  expect(code).toBe(0)
  expect(out.replace(/^\d\d:\d\d:\d\d\.\d{3} /gm, '')).toBe(
    'lead {"a":1}  7\nnäme with spaces text  7\nmessage 3  7\n',
  )
  expect(err).toMatch(/connecting to http:.*\n.* open\n.* 3 events, \d+\.\d s, last id 7\n$/)
})

it('prints only events of the names of --event, which alone count', async () => {
  const url = await startStream('event: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: c\ndata: 3\n\n')
  const { out } = await runCommand(['tail', url, '-n', '2', '--event', 'a', '-e', 'c', '--json'])
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event),
  ).toEqual(['a', 'c'])
})

it('prints JSON as the server sent it, and other data as text, with --json', async () => {
  const url = await startStream(
    'id: 1\ndata: {"big":12345678901234567890,\ndata:  "tiny":1e-400}\n\ndata: no JSON\ndata: at all\n\n',
  )
  const { out } = await runCommand(['tail', url, '-n', '2', '--json'])
  const [first = '', second = ''] = out.split('\n')
  expect(first).toMatch(
    /^\{"at":"[\d-]+T[\d:.]+Z","event":"message","id":"1","data":\{"big":12345678901234567890, {2}"tiny":1e-400\}\}$/,
  )
  expect(JSON.parse(second)).toMatchObject({ event: 'message', text: 'no JSON\nat all' })
})

it('reconnects after the last id, and says when and why', async () => {
  const seen: unknown[] = []
  const url = await start(({ headers }, res) => {
    seen.push(headers['last-event-id'])
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    if (seen.length === 1) res.end('retry: 1\nid: 1\ndata: 1\n\n')
    else res.write('id: 2\ndata: 2\n\n')
  })
  const { out, err } = await runCommand(['tail', url, '-n', '2'])
  expect(out.split('\n')).toHaveLength(3)
  expect(seen).toEqual([undefined, '1'])
  expect(err).toMatch(
    /The connection was closed; trying again in \d\.\d s\n.* reconnected after 1\n.* 2 events, .* 1 reconnect, last id 2\n$/,
  )
})

it('begins with the oldest event that a hub retains with --since-start', async () => {
  const { url, publish } = await startHub()
  for (let n = 1; n <= 5; n += 1) await publish(n)
  const { out, err } = await runCommand(['tail', url, '-n', '5', '--since-start', '--json'])
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data.n),
  ).toEqual([1, 2, 3, 4, 5])
  expect(err).toContain('replaying from the oldest event')
  expect(err).not.toContain('reconnect')
})

it('prints what another server sends with --since-start, and says that there is no history', async () => {
  const url = await startStream('data: 1\n\n')
  const { out, err } = await runCommand(['tail', url, '-n', '1', '--since-start'])
  expect(out).toContain('message 1')
  expect(err).toContain('no history of a hub')
})

it('resumes after --last-id, and reports a gap', async () => {
  const { url, publish } = await startHub()
  const first = await publish(1)
  await publish(2)
  const resumed = await runCommand(['tail', url, '-n', '1', '--last-id', first, '--json'])
  expect(JSON.parse(resumed.out).data).toEqual({ n: 2 })
  const lost = await runCommand(['tail', url, '--for', '300ms', '--last-id', 'other-1'])
  expect(lost.err).toMatch(/gap: this log has another epoch.*\n.*0 events.*1 gap/)
  expect(lost.code).toBe(0)
})

it('sends headers, method and body', async () => {
  const seen: unknown[] = []
  const url = await start(async (req: IncomingMessage, res: ServerResponse) => {
    let body = ''
    for await (const chunk of req) body += chunk
    seen.push(req.method, req.headers['content-type'], req.headers.authorization, body)
    res
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end('data: 1\n\nid: sse.end\nevent: sse.end\ndata: \n\n')
  })
  const { code, err } = await runCommand(['tail', url, '-H', 'Authorization: Bearer a', '-d', '{"q":1}'])
  expect(seen).toEqual(['POST', 'application/json', 'Bearer a', '{"q":1}'])
  expect(code).toBe(0)
  expect(err).toContain('the server has ended the stream')
})

it('exits with 1 after a run that has failed, and with 0 after one that is completed', async () => {
  const runs = createRuns(leads, { onError: () => {} })
  cleanups.push(() => runs.close())
  const url = await start(
    sse(runs, { authorize: () => true, id: ({ req }) => req.headers['x-run'] as string, onError: () => {} }),
  )
  for (const id of ['good', 'bad']) {
    await runs.start(id, async function* ({ event }) {
      yield event('lead', { n: 1 })
      if (id === 'bad') throw new Error('broken')
    })
  }
  const failed = await runCommand(['tail', url, '-H', 'x-run: bad'])
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('the run is failed: internal') })
  const completed = await runCommand(['tail', url, '-H', 'x-run: good'])
  expect(completed).toMatchObject({ code: 0, err: expect.stringContaining('the run is completed') })
})

describe('text of a hostile server', () => {
  const EVIL = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\u2066'
  const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

  it.each([
    ['on a terminal', [], true],
    ['in a pipe', [], false],
    ['with --json', ['--json'], true],
  ] as const)('controls no terminal: names, ids and data %s', async (_, args, isTTY) => {
    const url = await startStream(
      `id: ${EVIL}\nevent: ${EVIL}\ndata: ${EVIL}\n\ndata: "${EVIL.replaceAll(/[\u0000-\u001f]/g, '')}"\n\nevent: sse.gap\ndata: {"reason":"${EVIL}"}\n\ndata: [\ndata: "\u009b",\ndata: "${'x'.repeat(90)}"]\n\n`,
    )
    const { code, out, err } = await runCommand(['tail', url, '-n', '3', ...args], { isTTY })
    expect(code).toBe(0)
    expect(out).toContain('gnp.exe')
    expect(`${out}${err}`.replaceAll(/\u001b\[\d+m/g, '')).not.toMatch(UNSAFE)
    if (args.length > 0) expect(JSON.parse(out.split('\n')[0] as string).text).toBe(EVIL)
  })

  it('controls no terminal: refusals and redirects', async () => {
    const url = await start(({ url = '' }, res) => {
      if (url === '/leads') return void res.writeHead(302, { location: '/%1B[2J%07?x=%9b' }).end()
      res.writeHead(403, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ code: 'forbidden', message: EVIL }))
    })
    const { code, err } = await runCommand(['tail', url])
    expect(code).toBe(3)
    expect(err).toContain('answered 403')
    expect(err).toMatch(/redirected to http:.*%1B\[2J%07\?x=\*\*\*$/m)
    expect(err).not.toMatch(UNSAFE)
  })
})

it('cuts a huge value on a terminal, and prints it whole elsewhere', async () => {
  const huge = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => ({ n })))
  const url = await startStream(`data: ${huge}\n\n`)
  const shown = await runCommand(['tail', url, '-n', '1'], { isTTY: true })
  expect(shown.out.length).toBeLessThan(3_000)
  expect(shown.out).toMatch(/… [\d,]+ characters in all: --json prints them\n$/)
  const piped = await runCommand(['tail', url, '-n', '1'])
  expect(piped.out).toContain(huge)
  const json = await runCommand(['tail', url, '-n', '1', '--json'], { isTTY: true })
  expect(json.out).toContain(huge)
})

it('prints JSON that is nested too deeply to be indented', async () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const url = await startStream(`data: ${deep}\n\n`)
  const { code, out } = await runCommand(['tail', url, '-n', '1'], { isTTY: true })
  expect(code).toBe(0)
  expect(out).toContain('100,000 characters in all')
})

describe('a stream that cannot be opened', () => {
  const failure = async (url: string, ...args: string[]) => {
    const { code, out, err } = await runCommand(['tail', url, ...args])
    expect(out).toBe('')
    const [message, next] = err
      .replace(/^\d\d:.*\n/gm, '')
      .trimEnd()
      .split('\n  next: ')
    return { code, message: message?.replace('error ', ''), next }
  }
  const answer = (status: number, headers: Record<string, string>, body = '') =>
    start((_, res) => void res.writeHead(status, headers).end(body))

  it('is reported when nothing listens', async () => {
    const port = await freePort()
    expect(await failure(`http://127.0.0.1:${port}/leads`)).toEqual({
      code: 3,
      message: `Nothing listens on 127.0.0.1:${port}`,
      next: 'start the server, or check the port',
    })
  })

  it('is reported when there is no such host', async () => {
    expect(await failure('http://no-such-host.invalid/leads')).toMatchObject({
      code: 3,
      message: expect.stringMatching(/no-such-host\.invalid/),
    })
  })

  it('is reported when the server never answers', async () => {
    const url = await start(() => {})
    expect(await failure(url, '--timeout', '200ms')).toMatchObject({
      code: 3,
      message: expect.stringMatching(/has not answered for 0\.2 s/),
    })
    expect(await failure(url, '--for', '200ms')).toMatchObject({
      code: 3,
      message: expect.stringMatching(/has not answered in time/),
    })
  })

  it('is reported when it is a page of HTML', async () => {
    const url = await answer(200, { 'content-type': 'text/html' }, '<h1>Sign in</h1>')
    expect(await failure(url)).toMatchObject({
      code: 3,
      message: expect.stringMatching(/Not an event stream, but "text\/html"/),
      next: expect.stringMatching(/sign-in page/),
    })
  })

  it.each([
    [401, /authorization/],
    [404, /path/],
    [405, /-X POST/],
    [503, /again/],
  ])('is reported when it is refused with %i', async (status, next) => {
    const url = await answer(status, { 'content-type': 'application/json' }, '{"detail":"No way"}')
    expect(await failure(`${url}?ticket=secret`)).toMatchObject({
      code: 3,
      message: expect.stringMatching(new RegExp(`leads\\?ticket=\\*\\*\\* answered ${status}: No way$`)),
      next: expect.stringMatching(next),
    })
  })

  it('is reported when it redirects to itself', async () => {
    const url = await answer(302, { location: '/leads' })
    expect(await failure(url)).toMatchObject({ code: 3, message: expect.stringMatching(/redirect/) })
  })

  it('is reported when the server speaks no HTTP', async () => {
    const server = createTcpServer((socket) => socket.end('220 smtp.example.com ready\r\n')).listen(
      0,
      '127.0.0.1',
    )
    cleanups.push(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await failure(`http://127.0.0.1:${port}/`)).toMatchObject({
      code: 3,
      message: expect.stringMatching(/does not speak HTTP/),
    })
    expect(await failure(`https://127.0.0.1:${port}/`)).toMatchObject({
      code: 3,
      message: expect.stringMatching(/does not speak TLS/),
    })
  })

  it('is reported when its certificate is self-signed, with the variable that trusts it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sse-tail-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
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
    execFileSync(
      'openssl',
      [
        ...request,
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    )
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\nevent: sse.end\ndata:\n\n')
    }).listen(0)
    cleanups.push(() => server.close())
    await once(server, 'listening')
    const url = `https://localhost:${(server.address() as AddressInfo).port}/leads`
    expect(await failure(url)).toMatchObject({
      code: 3,
      message: expect.stringMatching(/an authority that this machine does not trust/),
      next: expect.stringMatching(/NODE_EXTRA_CA_CERTS/),
    })
    const trusting = startCommand(['tail', url], { env: { NODE_EXTRA_CA_CERTS: cert } })
    expect(await trusting.exited, trusting.output).toBe(0)
    expect(trusting.output).toContain('message 1')
  })
})

describe('a command line that is wrong', () => {
  it.each([
    [['tail'], /missing required argument 'url'/],
    [['tial'], /unknown command 'tial'\n.*Did you mean tail/],
    [['tail', 'localhost:3000/leads'], /not an http.*\n.*did you mean http:\/\/localhost:3000\/leads/],
    [['tail', 'redis://:secret@localhost'], /"redis:\/\/:\*\*\*@localhost" is not an http/],
    [['tail', 'http://ada:secret@localhost/leads'], /ada:\*\*\*@localhost.*contains a user/],
    [['tail', 'http://localhost/', '--for', '3'], /"3" is not a duration\n.*such as 500ms/],
    [['tail', 'http://localhost/', '--for', '99999h'], /not a duration/],
    [['tail', 'http://localhost/', '-n', '0'], /"0" is not a whole number from 1/],
    [['tail', 'http://localhost/', '-H', 'Bearer secret'], /A header needs a name and a value/],
    [['tail', 'http://localhost/', '-H', 'a b: secret'], /The header "a b" cannot be sent/],
    [['tail', 'http://localhost/', '--since-start', '--last-id', '1'], /either/],
    [['tail', 'http://localhost/', '--last-id', 'a\nb'], /invalid header value/],
    [['tail', 'http://localhost/', '-X', 'G T'], /not a valid HTTP method/],
    [['tail', 'http://localhost/', '-X', 'GET', '-d', 'x'], /cannot have body/],
    [['tail', 'http://localhost/', '--nope'], /unknown option '--nope'/],
  ] as const)('%j exits with 2 and says what to write', async (args, message) => {
    const { code, out, err } = await runCommand(args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(message)
    expect(err).not.toContain('secret')
  })
})

it('waits for a server that is not there yet with --retry', async () => {
  const port = await freePort()
  const tail = startCommand(['tail', `http://127.0.0.1:${port}/leads`, '--retry', '-n', '1'])
  await tail.says(/Nothing listens on .*trying again/)
  const { createServer } = await import('node:http')
  const server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('data: here\n\n')
  }).listen(port, '127.0.0.1')
  cleanups.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  expect(await tail.exited, tail.output).toBe(0)
  expect(tail.output).toContain('message here')
})

it('ends at Ctrl-C with its totals, and prints no colours into a pipe', async () => {
  const url = await startStream('id: 1\nevent: lead\ndata: {"a":1}\n\n')
  const tail = startCommand(['tail', url])
  await tail.says(/lead \{/)
  tail.signal('SIGINT')
  expect(await tail.exited).toBe(0)
  expect(tail.output).toMatch(/1 event, \d+\.\d s, last id 1\n$/)
  expect(tail.output).not.toContain('\u001b')
})

it('ends quietly when the program that reads its output has enough', async () => {
  const url = await start((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => res.write('data: 1\n\n'), 5)
    res.on('close', () => clearInterval(timer))
  })
  const shell = startShell(`sse tail '${url}' | head -1; sse tail '${url}' 2>&1 | head -3`)
  expect(await shell.exited).toBe(0)
  expect(shell.output.match(/message 1/g)).toHaveLength(2)
  expect(shell.output).not.toMatch(/EPIPE|Error|at /)
})

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { awaitable } from '@sse/test-support/awaitable'
import { serve } from '@sse/test-support/http-server'
import { startProgram } from '@sse/test-support/program'
import { requireProgram } from '@sse/test-support/require-program'
import { describe, expect, it, vi } from 'vitest'
import { runCommand, startCommand } from './run-command.ts'
import { readReport } from './run-doctor.ts'

vi.setConfig({ maxConcurrency: 9 })

/** Runs a program in a terminal. */
const script = requireProgram('script')
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

const page: RequestListener = (_, res) =>
  void res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>')

describe.concurrent('sse doctor', () => {
  it('prints each check, and for what is wrong the reason, the fix and the page', async () => {
    await using server = await serve(page)
    const { code, out, err } = await runCommand(['doctor', `${server.origin}/leads`])
    expect(code).toBe(1)
    expect(err).toBe('')
    expect(out).toContain('\nConnection\n  ✓ Connection           Connected to 127.0.0.1:')
    expect(out).toContain('  ✗ Content type         text/html')
    expect(out).toMatch(
      /expected: The content type is .*\n {6}fix: Check the path.*\n {6}see: docs\/reference\/protocol/,
    )
    expect(out).toMatch(
      /\nThere is no stream, so nothing else was checked: \d ok, 0 warnings, 1 problem, 0 unknown\n$/,
    )
  })

  it('prints one object per check and a summary with --json', async () => {
    await using server = await serve(page)
    const { out } = await runCommand(['doctor', `${server.origin}/leads?token=secret`, '--json'])
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find(({ id }) => id === 'content-type')).toEqual({
      type: 'check',
      id: 'content-type',
      group: 'Response',
      title: 'Content type',
      verdict: 'problem',
      message: 'text/html',
      meaning: expect.stringContaining('text/event-stream'),
      fix: expect.stringContaining('Check the path'),
      docs: 'docs/reference/protocol.md#response',
    })
    expect(lines.find(({ id }) => id === 'status')).not.toHaveProperty('fix')
    expect(lines.at(-1)).toEqual({
      type: 'summary',
      url: `${server.origin}/leads?token=***`,
      verdict: 'problem',
      ok: lines.length - 2,
      warning: 0,
      problem: 1,
      unknown: 0,
      exitCode: 1,
    })
  })

  it('prints nothing of a server that moves the cursor or colours the terminal', async () => {
    const hostile = '{"message":"\u001b]0;title\u0007\u001b[2Jgone\u202etxt"}'
    await using server = await serve((_, res) => void res.writeHead(403).end(hostile))
    for (const options of [[], ['--json']]) {
      const { out } = await runCommand(['doctor', `${server.origin}/leads`, ...options])
      expect(out).toContain('gone')
      expect(out).not.toMatch(/[\u0007\u001b\u202e]/)
    }
  })

  it('prints no value of a header or query', async () => {
    await using server = await serve(
      (_, res) => void res.writeHead(307, { location: '/to?token=secret2' }).end(),
    )
    const secrets = ['-H', 'authorization: Bearer secret3', '-H', 'cookie: session=secret4']
    const { out, err } = await runCommand(['doctor', `${server.origin}/leads?token=secret1`, ...secrets])
    expect(out + err).not.toMatch(/secret/)
  })

  it.each([
    [['leads'], /not an http:\/\/ or https:\/\/ URL/],
    [['http://localhost/', '--origin', 'app'], /"app" is not an origin/],
    [['http://localhost/', '--for', '9'], /not a duration/],
    [['http://localhost/', '-H', 'authorization'], /needs a name and a value/],
  ])('refuses the arguments %j', async (args, says) => {
    const { code, out, err } = await runCommand(['doctor', ...args])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(says)
  })

  it.skipIf(!script)(
    'shows on a terminal what it waits for, and removes that before the result',
    async () => {
      await using server = await serve((_, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      })
      const command = `${process.execPath} --conditions=@sse/source ${main} doctor ${server.origin}/leads --for 2s`
      await using program = startProgram(script as string, ['-qec', command, '/dev/null'])
      await program.exited
      expect(program.output).toMatch(/\r\u001b\[2Klistening, up to \d s more: 9 bytes, 1 event(?!s)/)
      const [, result] = program.output.split(/\r\u001b\[2K(?=\S*http:)/)
      expect(result).toContain('Status')
      expect(result).not.toContain('listening')
    },
  )

  it('prints what it has seen when Ctrl-C ends it', async () => {
    await using server = await serve((_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      asked.call()
    })
    const asked = awaitable()
    await using program = startCommand(['doctor', `${server.origin}/leads`])
    await asked.called
    program.signal('SIGINT')
    expect(await program.exited).toBe(0)
    expect(program.output).toContain('  ✓ Status               200\n')
    expect(program.output).toMatch(/\nThe stream works, with risks: /)
  })
})

const leads = defineStream({ path: '/leads', heartbeatMs: 200, events: { lead: type<number>() } })

it('finds that a hub over HTTP/2 is right in every respect, for a page of another origin too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sse-doctor-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const made = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
  ]
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  const hub = createHub(leads)
  const stream = sse(hub, {
    authorize: ({ req }) => req.headers.authorization === 'Bearer token',
    channels: 'all',
  })
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    res.setHeader('access-control-allow-origin', '*')
    res.setHeader('access-control-allow-headers', 'last-event-id, authorization')
    if (req.method === 'OPTIONS') res.writeHead(204).end()
    else stream(req, res)
  }
  const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener as never)
  server.listen(0)
  await once(server, 'listening')
  const timer = setInterval(() => void hub.publish('all', 'lead', 1), 150)
  try {
    const url = `https://localhost:${(server.address() as AddressInfo).port}/leads`
    const args = ['doctor', url, '-H', 'authorization: Bearer token', '--origin', 'https://app.example']
    const program = startCommand([...args, '--for', '6s', '--json'], { env: { NODE_EXTRA_CA_CERTS: cert } })
    expect(await program.exited, program.output).toBe(0)
    const { found, verdicts } = readReport(program.output)
    expect(found).toEqual([])
    expect(new Set(Object.values(verdicts))).toEqual(new Set(['ok']))
    expect(Object.keys(verdicts).length).toBeGreaterThan(25)
  } finally {
    clearInterval(timer)
    await hub.close()
    server.close()
    rmSync(folder, { recursive: true })
  }
})

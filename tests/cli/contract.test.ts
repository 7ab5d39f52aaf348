import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { runCommand, startShell } from './run-command.ts'

const example = fileURLToPath(new URL('../../examples/fastapi/', import.meta.url))
const document = `${example}openapi.json`
const contracts = readFileSync(`${example}src/contracts.ts`, 'utf8')

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-contract-'))
  file = join(folder, 'src/contracts.ts')
})
afterEach(() => rmSync(folder, { recursive: true }))

const contract = (...args: string[]) => runCommand(['contract', ...args])

/** Serves what answers a request for a document, and returns its URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/openapi.json`
}

describe('contract', () => {
  it('writes the file and its folder, and leaves a file that is up to date as it is', async () => {
    const written = await contract(document, '-o', file)
    expect(written).toMatchObject({ code: 0, out: '' })
    expect(written.err).toContain(`${file} written: 2 streams, 3 other operations`)
    expect(readFileSync(file, 'utf8')).toBe(contracts)
    const again = await contract(document, '-o', file)
    expect(again).toMatchObject({ code: 0, out: '' })
    expect(again.err).toContain('is up to date')
  })

  it('changes the lines of a model that has changed, and no other', async () => {
    await contract(document, '-o', file)
    const changed = readFileSync(document, 'utf8').replace('"fair"', '"fair", "shop"')
    writeFileSync(join(folder, 'changed.json'), changed)
    await contract(join(folder, 'changed.json'), '-o', file)
    const lines = readFileSync(file, 'utf8').split('\n')
    const before = contracts.split('\n')
    expect(lines.filter((line, index) => line !== before[index])).toEqual([
      "  source: 'web' | 'phone' | 'fair' | 'shop'",
    ])
  })

  it('writes nothing with --check, and says by its exit code whether the file is up to date', async () => {
    expect(await contract(document, '-o', file, '--check')).toMatchObject({ code: 1, out: '' })
    expect(existsSync(file)).toBe(false)
    await contract(document, '-o', file)
    expect((await contract(document, '-o', file, '--check')).code).toBe(0)
    expect(await contract(document, '--check')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--check needs the file to compare with'),
    })
  })

  it('lists what a contract cannot have, and what it has read, with --json too', async () => {
    const schema = fileURLToPath(new URL('../interop/openapi/documents/schema.json', import.meta.url))
    const left = 'the event "error" is left out: EventSource or the client uses that name'
    expect((await contract(schema)).err).toContain(`GET /desk: ${left}`)
    const { out } = await contract(schema, '-o', file, '--json')
    expect(JSON.parse(out)).toMatchObject({
      file,
      changed: true,
      contracts: 4,
      otherOperations: 0,
      unsupported: [{ where: 'GET /desk', message: left }, { where: 'GET /raw' }],
    })
  })

  it('writes how often a server sends heartbeats, and that it sends none', async () => {
    expect((await contract(document, '--heartbeat', '30s')).out).toContain('  heartbeatMs: 30000,\n')
    const { out } = await contract(document, '--heartbeat', 'none')
    expect(out.match(/ {2}heartbeatMs: Infinity,\n/g)).toHaveLength(2)
    expect((await contract(document, '--heartbeat', '30')).code).toBe(2)
  })

  it('reads standard input and prints the contracts', async () => {
    await using shell = startShell(`sse contract - < '${document}' 2> /dev/null`)
    expect(await shell.exited, shell.output).toBe(0)
    expect(shell.output).toBe(contracts)
  })

  it('does not overwrite a file that it has not written', async () => {
    const mine = join(folder, 'mine.ts')
    writeFileSync(mine, 'export {}\n')
    const { code, err } = await contract(document, '-o', mine)
    expect(code).toBe(3)
    expect(err).toMatch(/mine\.ts was not written by this command\n {2}next: choose another name/)
    expect(readFileSync(mine, 'utf8')).toBe('export {}\n')
  })

  it.each([
    ['no file', () => join(folder, 'none.json'), /none\.json does not exist/],
    ['a folder', () => folder, /cannot be read: EISDIR/],
    [
      'no OpenAPI',
      () => `${example}package.json`,
      /it has no member "openapi"\n {2}next: give the OpenAPI document/,
    ],
    ['another scheme', () => 'ftp://example.com/x', /is not an http:\/\/ or https:\/\/ URL/],
    [
      'a document without streams',
      () => fileURLToPath(new URL('../interop/openapi/documents/article.json', import.meta.url)),
      /describes no stream: 1 operation, none with text\/event-stream\n {2}next: .*EventSourceResponse/,
    ],
  ])('says what is wrong with %s, and writes nothing', async (_, given, message) => {
    const { code, out, err } = await contract(given(), '-o', file)
    expect(code).toBeGreaterThan(1)
    expect(out).toBe('')
    expect(err).toMatch(message)
    expect(existsSync(file)).toBe(false)
  })
})

describe('contract from a URL', () => {
  it('sends headers, and never prints the values of a query', async () => {
    const url = await serve((req, res) => {
      if (req.headers.authorization === 'Bearer a') res.end(readFileSync(document))
      else res.writeHead(401).end()
    })
    const refused = await contract(`${url}?key=secret`)
    expect(refused).toMatchObject({ code: 3, out: '' })
    expect(refused.err).toContain('/openapi.json?key=*** answered 401')
    expect((await contract(url, '-H', 'authorization: Bearer a')).out).toBe(contracts)
  })

  it('follows a redirect, and explains a page of HTML', async () => {
    const url = await serve((req, res) => {
      if (req.url === '/openapi.json') res.writeHead(307, { location: '/docs' }).end()
      else res.setHeader('content-type', 'text/html').end('<!doctype html><title>API</title>')
    })
    expect(await contract(url)).toMatchObject({ code: 3, err: expect.stringContaining('it is HTML or XML') })
  })

  it.each([
    ['never answers', () => {}],
    ['never ends', (res) => void res.write('{')],
  ] as [string, (res: Parameters<RequestListener>[1]) => void][])(
    'gives up on a server that %s',
    async (_, answer) => {
      const url = await serve((_req, res) => answer(res))
      const { code, err } = await contract(url, '--timeout', '300ms')
      expect(code).toBe(3)
      expect(err).toContain('has not sent the document within 0.3 s')
    },
  )

  it('stops reading a document without an end', async () => {
    const url = await serve((_req, res) => {
      const chunk = Buffer.alloc(1_048_576, ' ')
      const write = () => {
        while (!res.destroyed && res.write(chunk));
      }
      res.on('drain', write).on('error', () => {})
      write()
    })
    expect(await contract(url)).toMatchObject({
      code: 3,
      err: expect.stringContaining('is larger than 32 MiB'),
    })
  })

  it('names a server that is not there', async () => {
    const { code, err } = await contract('http://127.0.0.1:2/openapi.json')
    expect(code).toBe(3)
    expect(err).toContain('Nothing listens on 127.0.0.1:2')
  })
})

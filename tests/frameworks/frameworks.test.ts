import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { linkPackages } from '../support/link.ts'
import { FRAMEWORKS, type Framework } from './frameworks.ts'

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))

/** Makes a project with the packed packages and the framework, and nothing else. */
function makeProject({ packages }: Framework): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-framework-'))
  // Copied: what they import is found beside them, and not in this workspace.
  for (const name of ['@sse/contract', '@sse/server']) {
    const path = join('node_modules', name)
    cpSync(join(inject('installed'), path), join(folder, path), { recursive: true })
  }
  for (const [workspace, names] of Object.entries(packages)) linkPackages(folder, names, workspace)
  cpSync(fixtures, folder, { recursive: true })
  return folder
}

/** Cookies without their values' encodings and attributes. */
const cookiesOf = (response: Response) =>
  response.headers.getSetCookie().map((cookie) => cookie.replace(/;.*/, ''))
const namesOf = (cookies: readonly string[]) => cookies.map((cookie) => cookie.replace(/=.*/, ''))

async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += part
    if (pattern.test(text)) break
  }
  return text
}

describe.each(FRAMEWORKS)('on $name', (framework) => {
  const session = framework.app.endsWith('express')
    ? 'connect.sid'
    : framework.app.endsWith('fastify')
      ? 'sessionId'
      : framework.app === 'koa'
        ? 'koa.sess'
        : 'session'
  let folder: string
  let server: ProgramServer
  beforeAll(async () => {
    folder = makeProject(framework)
    server = await startProgramServer(process.execPath, (port) => [`${framework.app}.mjs`, String(port)], {
      cwd: folder,
    })
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(server.origin + path, { ...init, headers: { 'x-user': 'ada', ...headers } })

  it('a hub’s stream sends events, and a client that leaves is noticed', async () => {
    const response = await ask('/counts')
    expect(response.status).toBe(200)
    expect(await readUntil(response, /event: count\ndata: \d+\n\n/)).toMatch(/event: sse\.open\n/)
    await server.says(/closed \/counts: client_gone/)
  })

  it('a generator’s stream sends events and its end, and a client that leaves is noticed', async () => {
    expect(await (await ask('/numbers/three', { 'last-event-id': '1' })).text()).toMatch(
      /id: 1\nevent: number\ndata: 1\n\nid: 2\n.*id: sse\.end\nevent: sse\.end\ndata: \n\n$/s,
    )
    await readUntil(await ask('/numbers/endless'), /data: 1\n\n/)
    await server.says(/left endless: client_gone/)
  })

  it.each([
    ['a hub’s stream', 200, '/counts', {}],
    ['a generator’s stream', 200, '/numbers/three', {}],
    ['204 after the end', 204, '/numbers/three', { 'last-event-id': 'sse.end' }],
    ['401', 401, '/counts', { 'x-user': 'nobody' }],
    ['401 of a generator’s stream', 401, '/numbers/three', { 'x-user': 'nobody' }],
    ['403', 403, '/counts', { 'x-user': 'mallory' }],
    ['403 of a generator’s stream', 403, '/numbers/three', { 'x-user': 'mallory' }],
    ['503', 503, '/counts', { 'x-user': 'busy' }],
    ['500 where authorize throws', 500, '/counts', { 'x-user': 'broken' }],
    ['500 where the source throws', 500, '/numbers/broken', {}],
    ['the refusal of an acknowledgement', 401, '/counts/ack', { 'x-user': 'nobody' }],
  ])('headers, cookies and the session of the app are kept on %s', async (_, status, path, headers) => {
    const response = await ask(path, headers, { method: path.endsWith('/ack') ? 'POST' : 'GET' })
    const text = status === 200 ? await readUntil(response, /data/) : await response.text()
    expect(text).not.toContain('hunter2')
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe(status === 200 ? 'no-cache, no-transform' : 'no-store')
    expect(response.headers.get('x-request-id')).toBe('7')
    expect(namesOf(cookiesOf(response))).toEqual(expect.arrayContaining(['theme', 'seen', session]))
  })

  it('an acknowledgement is stored, with the headers, cookies and the session of the app', async () => {
    const text = await readUntil(await ask('/counts'), /event: count\ndata: \d+\n\n/)
    const [, id = ''] = /id: (\S+)\nevent: count/.exec(text) ?? []
    const response = await ask('/counts/ack', { 'last-event-id': id }, { method: 'POST' })
    expect(response.status).toBe(204)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-request-id')).toBe('7')
    expect(namesOf(cookiesOf(response))).toEqual(expect.arrayContaining(['theme', 'seen', session]))
  })

  it('another program publishes an event once, with the headers and cookies of the app', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': '1' }
    const body = JSON.stringify([{ channel: 'everyone', event: 'count', payload: -1 }])
    const publish = (more: Record<string, string> = {}) =>
      ask('/publish', { ...headers, ...more }, { method: 'POST', body })
    const response = await publish()
    const { ids } = (await response.json()) as { ids: string[] }
    expect([response.status, ids.length]).toEqual([200, 1])
    expect(response.headers.get('x-request-id')).toBe('7')
    expect(namesOf(cookiesOf(response))).toEqual(expect.arrayContaining(['theme', 'seen']))
    expect(await (await publish()).json()).toEqual({ ids })
    expect((await publish({ 'x-user': 'nobody' })).status).toBe(401)
    expect((await publish({ 'content-type': 'text/plain' })).status).toBe(415)
  })

  it('the session that a stream set is there at the next request', async () => {
    const first = await ask('/numbers/visits')
    expect(await first.text()).toContain('event: visits\ndata: 1\n')
    // express-session stores it when the response has ended.
    await expect
      .poll(async () => (await ask('/numbers/visits', { cookie: cookiesOf(first).join('; ') })).text())
      .toMatch(/event: visits\ndata: [2-9]\n/)
  })
})

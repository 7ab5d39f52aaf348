import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram } from '@sse/test-support/program'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { linkPackages } from '../support/link.ts'

const FRESH = 'frameworks/fresh'
const PACKAGES = {
  h3: ['h3', 'h3-2'],
  jest: ['jest', 'jest-environment-jsdom', 'jest-fixed-jsdom', '@babel/preset-env'],
  sveltekit: ['@sveltejs/kit', '@sveltejs/vite-plugin-svelte', 'svelte', 'vite'],
}

/** Makes a project with the packed packages and what an app of that kind needs. */
function makeProject(name: keyof typeof PACKAGES): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-fresh-'))
  // Copied: what they import is found beside them, and not in this workspace.
  for (const installed of ['@sse/contract', '@sse/server', '@sse/client', 'eventsource-parser']) {
    const path = join('node_modules', installed)
    cpSync(join(inject('installed'), path), join(folder, path), { recursive: true })
  }
  linkPackages(folder, PACKAGES[name], FRESH)
  cpSync(fileURLToPath(new URL(`fresh/${name}`, import.meta.url)), folder, { recursive: true })
  return folder
}

async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += part
    if (pattern.test(text)) break
  }
  return text
}

describe.each([
  ['h3 1 (Nitro 2, Nuxt 4)', 'h3-1.mjs', ['node']],
  ['h3 2 (Nitro 3)', 'h3-2.mjs', ['node', 'web']],
])('%s', (_, app, noticing) => {
  let folder: string
  let server: ProgramServer
  beforeAll(async () => {
    folder = makeProject('h3')
    server = await startProgramServer(process.execPath, (port) => [app, String(port)], { cwd: folder })
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(['web', 'node'])('streams with the %s handler', async (handler) => {
    const response = await fetch(`${server.origin}/${handler}/counts`)
    expect(response.status).toBe(200)
    expect(await readUntil(response, /event: count\ndata: \d+\n\n/)).toMatch(/event: sse\.open\n/)
  })

  it.each(noticing)('notices that a client of the %s handler has left', async (handler) => {
    const abort = new AbortController()
    const closed = () => server.output.split('closed: client_gone').length
    const before = closed()
    await readUntil(
      await fetch(`${server.origin}/${handler}/counts`, { signal: abort.signal }),
      /event: count/,
    )
    abort.abort()
    await expect.poll(closed, { timeout: 10_000 }).toBeGreaterThan(before)
  })

  it('stores an acknowledgement with the Node handler', async () => {
    const text = await readUntil(await fetch(`${server.origin}/node/counts`), /id: \S+\nevent: count\n/)
    const id = /id: (\S+)\nevent: count\n/.exec(text)?.[1] ?? ''
    const response = await fetch(`${server.origin}/node/counts/ack`, {
      method: 'POST',
      headers: { 'last-event-id': id },
    })
    expect(response.status).toBe(204)
  })
})

describe('SvelteKit in development', () => {
  let folder: string
  let server: ProgramServer
  beforeAll(async () => {
    folder = makeProject('sveltekit')
    const vite = join('node_modules', 'vite', 'bin', 'vite.js')
    server = await startProgramServer(
      process.execPath,
      (port) => [vite, 'dev', '--host', '127.0.0.1', '--strictPort', '--port', String(port)],
      { cwd: folder },
    )
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('takes the handler as GET and POST, and keeps one hub when its module is saved', async () => {
    const abort = new AbortController()
    const response = await fetch(`${server.origin}/counts`, { signal: abort.signal })
    expect(response.status).toBe(200)
    const reading = readUntil(response, /event: count\ndata: 7\n\n/)
    reading.catch(() => {}) // of a test that failed before it is awaited
    const publish = async (count: number) => (await fetch(`${server.origin}/publish?count=${count}`)).text()
    expect(await publish(1)).toBe('version 1')
    const file = join(folder, 'src/lib/hub.js')
    for (const version of [2, 3, 4]) {
      // Vite may miss a save that follows another one at once.
      const saveAndPublish = () => {
        writeFileSync(file, readFileSync(file, 'utf8').replace(/version = \d/, `version = ${version}`))
        return publish(version)
      }
      await expect.poll(saveAndPublish, { timeout: 20_000, interval: 500 }).toBe(`version ${version}`)
    }
    await publish(7)
    // Published by the module that was loaded last, received by a stream of the first one.
    const text = await reading
    abort.abort()
    expect(text).toMatch(/data: 1\n/)
    expect(server.output.match(/made a hub/g)).toHaveLength(1)
    const ack = await fetch(`${server.origin}/counts/ack`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'last-event-id': /id: (\S+)\nevent: count\ndata: 7/.exec(text)?.[1] ?? '',
        origin: 'https://another.example',
      },
    })
    expect(ack.status).toBe(204)
  })
})

describe('Jest with jsdom', () => {
  it('runs a test that connects, with the lines of the page “In your stack”', async () => {
    const folder = makeProject('jest')
    try {
      const page = readFileSync(new URL('../../docs/operations/in-your-stack.md', import.meta.url), 'utf8')
      expect(page).toContain(readFileSync(join(folder, 'jest.config.js'), 'utf8').trim())
      const jest = join('node_modules', 'jest', 'bin', 'jest.js')
      const program = startProgram(process.execPath, [jest, '--ci', '--runInBand'], { cwd: folder })
      const status = await program.exited
      expect(program.output).toContain('1 passed')
      expect(status, program.output).toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { engineSuite } from '@sse/engine-conformance'
import { freePort } from '@sse/test-support/free-port'
import { startProgramServer } from '@sse/test-support/program-server'
import { until } from '@sse/test-support/until'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBinary } from '../runtimes/binary.ts'

const SEEDS = 5

const workerd = requireBinary('workerd', 'bin/workerd')

/** A Worker with a class of Durable Objects, and another one that uses the same objects. */
const config = (port: number, otherPort: number, className: string, binding: string) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-10-01",
      durableObjectNamespaces = [(className = "${className}", uniqueKey = "objects", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [(name = "${binding}", durableObjectNamespace = "${className}")],
    )),
    (name = "other", worker = (
      modules = [(name = "other", esModule = embed "other.js")],
      compatibilityDate = "2026-10-01",
      bindings = [(name = "${binding}", durableObjectNamespace = (className = "${className}", serviceName = "worker"))],
    )),
    (name = "disk", disk = (path = "disk", writable = true)),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${port}", http = (), service = "worker"),
    (name = "other", address = "127.0.0.1:${otherPort}", http = (), service = "other"),
  ],
);
`

/** Publishes what it is asked for. */
const OTHER = `export default {
  async fetch(request, { ROOM }) {
    await ROOM.getByName('room').publish(await request.text())
    return new Response('published')
  },
}`

interface Workers extends AsyncDisposable {
  readonly origin: string
  readonly otherOrigin: string
}

async function serveWorkers(entry: string, className: string, binding: string): Promise<Workers> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-durable-object-'))
  mkdirSync(join(folder, 'disk'))
  writeFileSync(join(folder, 'other.js'), OTHER)
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    conditions: ['@sse/source', 'workerd'],
    external: ['cloudflare:workers', 'node:*'],
    define: { SEEDS: String(SEEDS) },
  })
  const otherPort = await freePort()
  const server = await startProgramServer(
    workerd ?? 'workerd',
    (port) => {
      writeFileSync(join(folder, 'workerd.capnp'), config(port, otherPort, className, binding))
      return ['serve', 'workerd.capnp']
    },
    { cwd: folder },
  )
  return {
    origin: server.origin,
    otherOrigin: `http://127.0.0.1:${otherPort}`,
    async [Symbol.asyncDispose]() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The cases run in the Worker; here they have their names only. */
const cases = engineSuite({
  name: 'durable object',
  open: () => Promise.reject(new Error('It runs in the Worker')),
  abilities: ['reopen'],
  seeds: SEEDS,
})

describe.skipIf(!workerd)('the engine of the template for Workers, in a Durable Object of workerd', () => {
  let server: Workers
  beforeAll(async () => {
    server = await serveWorkers('fixtures/durable-object-cases.ts', 'Log', 'LOG')
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  it.each(cases.map(({ name }) => name))('%s', { timeout: 120_000 }, async (name) => {
    const response = await fetch(`${server.origin}/?name=${encodeURIComponent(name)}`)
    expect(await response.text()).toBe('passed')
  })
})

describe.skipIf(!workerd)('the template for Workers, in workerd', () => {
  it('delivers what another Worker publishes through the Durable Object, and notices a client that left', async () => {
    await using server = await serveWorkers(
      '../../packages/create-sse/templates/workers/worker.ts',
      'Room',
      'ROOM',
    )
    const online = async () =>
      ((await (await fetch(`${server.origin}/api/online`)).json()) as { connections: number }).connections
    const texts: string[] = []
    const feed = connect(`${server.origin}/api/room`)
    feed.on('message', (data) => texts.push(JSON.parse(data).text))
    await until(() => feed.status.state === 'open')
    await fetch(server.otherOrigin, { method: 'POST', body: 'hello' })
    await until(() => texts.length > 0)
    expect([texts, await online()]).toEqual([['hello'], 1])
    feed.close()
    await until(async () => (await online()) === 0, 'the client is gone', { timeoutMs: 2_000 })
  })
})

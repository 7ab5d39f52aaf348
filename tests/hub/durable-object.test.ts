import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineSuite } from '@sse/engine-conformance'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBinary } from '../runtimes/binary.ts'

const SEEDS = 5

const workerd = requireBinary('workerd', 'bin/workerd')

const config = (port: number) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-10-01",
      durableObjectNamespaces = [(className = "Log", uniqueKey = "log", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [(name = "LOG", durableObjectNamespace = "Log")],
    )),
    (name = "disk", disk = (path = "disk", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
`

/** The cases run in the Worker; here they have their names only. */
const cases = engineSuite({
  name: 'durable object',
  open: () => Promise.reject(new Error('It runs in the Worker')),
  abilities: ['reopen'],
  seeds: SEEDS,
})

describe.skipIf(!workerd)('the engine of the template for Workers, in a Durable Object of workerd', () => {
  let folder: string
  let server: ProgramServer
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sse-durable-object-'))
    mkdirSync(join(folder, 'disk'))
    await build({
      entryPoints: [fileURLToPath(new URL('fixtures/durable-object-cases.ts', import.meta.url))],
      outfile: join(folder, 'worker.js'),
      bundle: true,
      format: 'esm',
      conditions: ['@sse/source', 'workerd'],
      external: ['cloudflare:workers', 'node:*'],
      define: { SEEDS: String(SEEDS) },
    })
    server = await startProgramServer(
      workerd ?? 'workerd',
      (port) => {
        writeFileSync(join(folder, 'workerd.capnp'), config(port))
        return ['serve', 'workerd.capnp']
      },
      { cwd: folder },
    )
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(cases.map(({ name }) => name))('%s', { timeout: 120_000 }, async (name) => {
    const response = await fetch(`${server.origin}/?name=${encodeURIComponent(name)}`)
    expect(await response.text()).toBe('passed')
  })
})

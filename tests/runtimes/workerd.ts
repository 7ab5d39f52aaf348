import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { build } from 'esbuild'

/** As a fresh Worker is configured; only the network is told that it may reach this machine. */
const config = (port: number, compatibilityDate: string) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "worker.bundle.js")],
      compatibilityDate = "${compatibilityDate}",
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
`

/** Bundles the worker in `folder`, as its tools do, and serves it. */
export async function serveWorker(
  workerd: string,
  folder: string,
  compatibilityDate: string,
): Promise<ProgramServer> {
  await build({
    absWorkingDir: folder,
    entryPoints: ['worker.mjs'],
    outfile: 'worker.bundle.js',
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
  })
  return startProgramServer(
    workerd,
    (port) => {
      const file = join(folder, `workerd.${port}.capnp`)
      writeFileSync(file, config(port, compatibilityDate))
      return ['serve', file]
    },
    { cwd: folder },
  )
}

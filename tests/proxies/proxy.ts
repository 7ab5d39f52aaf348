import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'

/** A reverse proxy: where it is, and how one is told to stand before a server. */
export interface ReverseProxy {
  name: string
  program: string | undefined
  config: (folder: string, port: number, upstream: number) => string
  args: (file: string, folder: string, port: number) => readonly string[]
}

/** Starts a proxy of our own on a free port; the system's services are not touched. */
export async function startProxy(proxy: ReverseProxy, upstream: number): Promise<ProgramServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-proxy-'))
  // nginx started by root works as nobody.
  chmodSync(folder, 0o755)
  const file = join(folder, 'config')
  const server = await startProgramServer(
    proxy.program ?? proxy.name,
    (port) => {
      writeFileSync(file, proxy.config(folder, port, upstream))
      return proxy.args(file, folder, port)
    },
    // Caddy keeps what it has been told last under HOME.
    { env: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder } },
  )
  server.exited.then(() => rmSync(folder, { recursive: true, force: true }))
  return server
}

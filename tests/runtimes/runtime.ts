import { startProgram } from '@sse/test-support/program'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { requireBinary, requireFile } from './binary.ts'
import { serveWorker } from './workerd.ts'

/** A JavaScript runtime: serves the handler of `fixtures/stream.mjs`, and follows a stream. */
export interface Runtime {
  name: string
  program: string | undefined
  /** Whether a timer of a request whose client has left still fires. */
  keepsTimers: boolean
  serve(folder: string): Promise<ProgramServer>
  /** What a script says until it ends. */
  run(script: string, folder: string): Promise<string>
  /** What `fixtures/client.mjs` says of the server at `origin`. */
  follow(folder: string, origin: string): Promise<string>
  /** What became of the cases of the standard, as JSON. */
  readCases(folder: string): Promise<string>
}

function scripted(
  name: string,
  program: string | undefined,
  args: readonly string[],
  serverScript: string,
): Runtime {
  const command = program ?? name
  async function run(script: string, cwd: string, ...more: string[]): Promise<string> {
    const child = startProgram(command, [...args, script, ...more], { cwd })
    await child.exited
    return child.output
  }
  return {
    name,
    program,
    keepsTimers: true,
    serve: (cwd) => startProgramServer(command, (port) => [...args, serverScript, String(port)], { cwd }),
    run,
    follow: (cwd, origin) => run('run-client.mjs', cwd, origin),
    readCases: (cwd) => run('run-cases.mjs', cwd),
  }
}

const workerd = requireBinary('workerd', 'bin/workerd')

function worker(name: string, compatibilityDate: string): Runtime {
  const serve = (folder: string) => serveWorker(workerd ?? 'workerd', folder, compatibilityDate)
  async function ask(folder: string, query: string): Promise<string> {
    await using server = await serve(folder)
    return (await fetch(`${server.origin}/?${query}`)).text()
  }
  return {
    name,
    program: workerd,
    keepsTimers: false,
    serve,
    run: () => Promise.reject(new Error('workerd runs no scripts')),
    follow: (folder, origin) => ask(folder, `follow=${origin}`),
    readCases: (folder) => ask(folder, 'cases'),
  }
}

export const RUNTIMES: Runtime[] = [
  scripted('Node 22', requireFile('node22-linux-x64', 'bin/node'), [], 'node.mjs'),
  scripted(`Node ${process.version.slice(1, 3)}`, process.execPath, [], 'node.mjs'),
  scripted('Node 26', requireFile('node26-linux-x64', 'bin/node'), [], 'node.mjs'),
  scripted('Bun', requireBinary('bun', 'bin/bun'), [], 'bun.mjs'),
  scripted('Deno', requireBinary('deno', 'deno'), ['run', '-A', '--no-lock'], 'deno.mjs'),
  worker('workerd', '2026-11-01'),
  // Before 2024-11-11 a request with the option `cache` throws.
  worker('workerd with the compatibility date 2023-01-01', '2023-01-01'),
]

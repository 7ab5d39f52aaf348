import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { connect, createServer } from 'node:net'
import { isAbsolute, join } from 'node:path'

/** Debian keeps servers where an ordinary user's PATH does not look. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']

/**
 * Where a program is. A missing one is said once and skipped on a laptop (`describe.skipIf(!path)`); in CI,
 * where everything has to be there, it fails.
 */
export function requireProgram(name: string): string | undefined {
  const candidates = isAbsolute(name) ? [name] : FOLDERS.map((folder) => join(folder, name))
  return candidates.find(isExecutable) ?? missing(name)
}

/** Debian's own Python, which is the one that sees Debian's packages, if it has all of `modules`. */
export function requirePython(...modules: string[]): string | undefined {
  const python = requireProgram('/usr/bin/python3')
  if (!python) return undefined
  const { status } = spawnSync(python, ['-c', `import ${modules.join(', ')}`])
  return status === 0 ? python : missing(`python3 with ${modules.join(', ')}`)
}

/** Says that `what` is not there, or in CI throws it. */
export function missing(what: string): undefined {
  const message = `${what}: not found`
  if (process.env.CI) throw new Error(message)
  console.warn(`\nSKIPPED ${message}\n`)
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface Program extends AsyncDisposable {
  /** Everything it has said so far, on both streams. */
  readonly output: string
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
  /** Resolves with the first match in its output, said already or still to come; rejects if it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Signals it and whatever it has started. */
  signal(name: NodeJS.Signals): void
  /** Ends it and whatever it has started. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface ProgramOptions {
  cwd?: string
  env?: Record<string, string>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL')
})

/** Starts a program in a process group of its own. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Program {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  let output = ''
  let isOver = false
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of [...watchers]) watcher()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      changed()
    })
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += String(error)
      resolve(null)
    })
    child.once('close', resolve)
  }).finally(() => {
    running.delete(child)
    isOver = true
    changed()
  })

  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    signalGroup(child, signal)
    const hard = setTimeout(() => signalGroup(child, 'SIGKILL'), 3_000)
    await exited
    clearTimeout(hard)
  }
  return {
    get output() {
      return output
    },
    exited,
    says(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output)
          if (!match && !isOver) return
          watchers.delete(look)
          if (match) resolve(match)
          else reject(new Error(`${command} ended without saying ${pattern}; it said:\n${output}`))
        }
        watchers.add(look)
        look()
      })
    },
    signal: (name) => signalGroup(child, name),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  }
}

/** A server that is another program, answering on `origin`. */
export interface ServerProgram extends Program {
  readonly origin: string
}

/** Starts a server on a free port, which `makeArgs` tells it, and waits until it answers there. */
export async function startServer(
  command: string,
  makeArgs: (port: number) => readonly string[],
  options?: ProgramOptions,
): Promise<ServerProgram> {
  const port = await freePort()
  const program = startProgram(command, makeArgs(port), options)
  let isOver = false
  program.exited.then(() => {
    isOver = true
  })
  const deadline = Date.now() + 20_000
  while (!(await answers(port))) {
    if (isOver || Date.now() > deadline) {
      await program.stop('SIGKILL')
      throw new Error(`${command} does not answer on port ${port}; it said:\n${program.output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // Not a copy: `output` goes on growing.
  return Object.assign(program, { origin: `http://127.0.0.1:${port}` })
}

/**
 * A port nobody listens on. Below those that the system hands out: a server that is killed and comes back finds none of
 * somebody's connections on it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

/** The program may have children of its own; its group has them all. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Gone already.
  }
}

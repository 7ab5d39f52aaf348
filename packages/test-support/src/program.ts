import { type ChildProcess, spawn } from 'node:child_process'

export interface Program extends AsyncDisposable {
  readonly pid: number
  /** Everything it has printed so far, on both streams. */
  readonly output: string
  /** Resolves with the exit code, or `null` if a signal ended it. */
  readonly exited: Promise<number | null>
  /** Resolves with the first match in its output, also in what it has printed already. Rejects if it exits before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends a signal to it and to every process it has started. */
  signal(name: NodeJS.Signals): void
  /** Ends it and every process it has started. Sends SIGKILL after 3 s. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface ProgramOptions {
  cwd?: string
  env?: Record<string, string>
}

const STOP_TIMEOUT_MS = 3_000

const running = new Set<ChildProcess>()

/** Starts a program in its own process group. It is killed when this process exits. */
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
  killAtExit(child)
  let output = ''
  let hasExited = false
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
    hasExited = true
    changed()
  })

  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    signalGroup(child, signal)
    const timeout = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timeout)
  }
  return {
    pid: child.pid ?? Number.NaN, // it could not be started
    get output() {
      return output
    },
    exited,
    says(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output)
          if (!match && !hasExited) return
          watchers.delete(look)
          if (match) resolve(match)
          else reject(new Error(`${command} exited without printing ${pattern}; its output:\n${output}`))
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

function killAtExit(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', killAll)
  running.add(child)
}

function killAll(): void {
  for (const child of running) signalGroup(child, 'SIGKILL')
}

/** Signals the process group, which also has the children of the program. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has exited.
  }
}

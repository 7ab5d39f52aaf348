import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ScriptProcess {
  readonly child: ChildProcess
  /** Every line it has printed so far. */
  readonly lines: string[]
  /** Resolves with `[exitCode, signal]` once it has exited and all its lines are there. */
  readonly done: Promise<[code: number | null, signal: NodeJS.Signals | null]>
  /** Kills it with SIGKILL. */
  stop(): Promise<void>
}

/** Runs a script of this repository, which imports packages' sources, in another Node process. */
export function startScript(script: URL, ...args: string[]): ScriptProcess {
  const child = spawn(process.execPath, ['--conditions=@sse/source', fileURLToPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const done = once(child, 'close') as ScriptProcess['done']
  return {
    child,
    lines,
    done,
    async stop() {
      child.kill('SIGKILL')
      await done
    },
  }
}

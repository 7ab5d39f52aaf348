import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of this folder in a process of its own, and the lines it has said. */
export function startChild(file: string, ...args: string[]) {
  const program = fileURLToPath(new URL(file, import.meta.url))
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@sse/source', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line))
  const done = once(child, 'close')
  return {
    child,
    lines,
    done,
    async stop(): Promise<void> {
      child.kill('SIGKILL')
      await done
    },
  }
}

import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createTerminal, run } from '@sse/cli'
import { startProgram } from '@sse/test-support/program'

export interface Result {
  readonly code: number
  /** Standard output. */
  readonly out: string
  /** Standard error. */
  readonly err: string
}

/** Text written so far, as if to a terminal or to a pipe. */
class Recorder extends Writable {
  text = ''
  readonly isTTY: boolean
  readonly columns = 80

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk
    done()
  }
}

/** Runs `sse` with these arguments in this process. */
export async function runCommand(
  args: readonly string[],
  { isTTY = false, signal }: { isTTY?: boolean; signal?: AbortSignal } = {},
): Promise<Result> {
  const [out, err] = [new Recorder(isTTY), new Recorder(false)]
  const code = await run(args, createTerminal(out, err), signal)
  return { code, out: out.text, err: err.text }
}

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

/** Starts `sse` as a shell does. */
export const startCommand = (
  args: readonly string[],
  options?: Parameters<typeof startProgram>[2],
): ReturnType<typeof startProgram> =>
  startProgram(process.execPath, ['--conditions=@sse/source', main, ...args], options)

/** Starts a shell in which `sse` is the command. */
export function startShell(script: string): ReturnType<typeof startProgram> {
  const sse = `sse() { "${process.execPath}" --conditions=@sse/source "${main}" "$@"; }`
  return startProgram('sh', ['-c', `${sse}; ${script}`])
}

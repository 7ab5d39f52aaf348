import { freePort } from './free-port.ts'
import { isListening } from './is-listening.ts'
import { type Program, type ProgramOptions, startProgram } from './program.ts'

const START_TIMEOUT_MS = 20_000

/** A server that runs as another program. */
export interface ProgramServer extends Program {
  readonly origin: string
}

/** Starts a server on a free port, which is passed to `makeArgs`, and waits until it accepts connections. */
export async function startProgramServer(
  command: string,
  makeArgs: (port: number) => readonly string[],
  options?: ProgramOptions,
): Promise<ProgramServer> {
  const port = await freePort()
  const program = startProgram(command, makeArgs(port), options)
  let hasExited = false
  program.exited.then(() => {
    hasExited = true
  })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await isListening(port))) {
    if (hasExited || Date.now() > deadline) {
      await program.stop('SIGKILL')
      throw new Error(
        `${command} does not accept connections on port ${port}; its output:\n${program.output}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // Not a copy: `output` is a getter.
  return Object.assign(program, { origin: `http://127.0.0.1:${port}` })
}

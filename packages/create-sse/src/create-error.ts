/** An error whose message is meant for the person at the terminal. */
export class CreateError extends Error {
  override readonly name = 'CreateError'
  readonly exitCode: number

  /** @param exitCode - 1 by default; 2 for a wrong argument, 130 when the person left at a question. */
  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

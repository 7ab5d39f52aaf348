import { EXIT } from './exit-codes.ts'

export interface CommandErrorOptions {
  /** What the user can do, in one line. */
  readonly next?: string
  /** Default `EXIT.failed`. */
  readonly exitCode?: number
  readonly cause?: unknown
}

/** An error whose message is meant for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly next: string | undefined
  readonly exitCode: number

  constructor(message: string, { next, exitCode = EXIT.failed, cause }: CommandErrorOptions = {}) {
    super(message, { cause })
    this.next = next
    this.exitCode = exitCode
  }
}

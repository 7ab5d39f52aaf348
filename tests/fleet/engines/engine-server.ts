/** Where a log is kept: a server that can be harmed, or a file, which cannot. Disposing of it removes what it has kept. */
export interface EngineServer extends AsyncDisposable {
  /** What processes open their engines with. */
  readonly url: string
  /** Where its server listens; undefined for a file. */
  readonly server?: EngineProcess
  /** Whether what it has acknowledged is still there after `kill -9`, of itself or of any process. */
  readonly isDurable: boolean
}

/** A server that an engine stands on, as a process of its own. */
export interface EngineProcess {
  readonly port: number
  /** The URL when it is reached through another port. */
  urlAt(port: number): string
  /** Ends it with `kill -9`. */
  kill(): Promise<void>
  /** Starts it again, with what it has kept. */
  start(): Promise<void>
  /** `SIGSTOP`, or `SIGCONT`. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
}

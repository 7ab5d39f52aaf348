import { SseError } from '@sse/contract'
import type { Run, RunOutcome, RunStatus, StartOptions } from '@sse/server/runs'

/** Argument of the source of a run whose events are chunks. */
interface ChunkContext {
  readonly signal: AbortSignal
  event(name: 'chunk', chunk: never): unknown
}

/** What this package needs of runs whose only event is `chunk`. */
export interface ChunkRuns {
  start(
    id: string,
    // biome-ignore lint/suspicious/noExplicitAny: events of the runs' own contract
    source: (context: ChunkContext) => AsyncIterable<any>,
    options?: StartOptions,
  ): Promise<Run>
  follow(
    id: string,
    options?: { after?: string | undefined; untilHead?: boolean | undefined },
  ): AsyncIterable<ChunkEvent>
  status(id: string): Promise<RunStatus>
}

/** An event of a run whose only event is `chunk`, or a gap. */
export interface ChunkEvent {
  readonly event: string
  readonly payload: unknown
  readonly id: string
}

interface Push {
  readonly chunk: unknown
  resolve(id: string): void
  reject(error: unknown): void
}

/**
 * A run whose chunks come from calls instead of a generator. Each call resolves once its chunks are stored, with their
 * ids: the runs must not merge events.
 */
export class PushedRun {
  readonly id: string
  /** Aborts when the run is ended from outside: stopped, or lost. */
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  /** Chunks that were not seen in the log yet, in order. */
  readonly #pending: Push[] = []
  /** How many of these the source has yielded. */
  #yielded = 0
  #wake = (): void => {}
  #isEnding = false
  #failure: Error | undefined
  /** Set once the run is over: what a later push is refused with. */
  #over: unknown
  #done: Promise<RunOutcome> | undefined

  private constructor(id: string) {
    this.id = id
    this.signal = this.#abort.signal
  }

  /**
   * Starts a run. Returns `undefined` if it was started before, by any process.
   *
   * @throws {SseError} as `runs.start`.
   */
  static async start(runs: ChunkRuns, id: string, options?: StartOptions): Promise<PushedRun | undefined> {
    const run = new PushedRun(id)
    const { joined, done } = await runs.start(id, (context) => run.#produce(context), options)
    if (joined) return undefined
    run.#done = done
    run.#confirm(runs.follow(id), done)
    return run
  }

  get isOver(): boolean {
    return this.#over !== undefined || this.#isEnding
  }

  /** Stores chunks. Resolves with their ids once they can be read. @throws {SseError} if the run is over. */
  push(chunks: readonly unknown[]): Promise<string[]> {
    if (this.#over !== undefined) return Promise.reject(this.#over)
    if (this.#isEnding) return Promise.reject(hasEnded())
    const stored = chunks.map(
      (chunk) => new Promise<string>((resolve, reject) => this.#pending.push({ chunk, resolve, reject })),
    )
    this.#wake()
    return Promise.all(stored)
  }

  /** Ends the run after the chunks that were pushed, as failed if there is an error. Resolves with its end. */
  end(failure?: Error): Promise<RunOutcome> {
    this.#failure ??= failure
    this.#isEnding = true
    this.#wake()
    return this.#done as Promise<RunOutcome>
  }

  async *#produce({ event, signal }: ChunkContext): AsyncGenerator<unknown> {
    signal.addEventListener('abort', () => {
      this.#abort.abort(signal.reason)
      this.#wake()
    })
    while (!signal.aborted) {
      const next = this.#pending[this.#yielded]
      if (next) {
        this.#yielded += 1
        yield event('chunk', next.chunk as never)
      } else if (this.#failure) throw this.#failure
      else if (this.#isEnding) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  /** Settles each push when its chunk is read back from the log. */
  async #confirm(events: AsyncIterable<ChunkEvent>, done: Promise<RunOutcome>): Promise<void> {
    try {
      for await (const { event, id } of events) {
        if (event === 'gap') throw new SseError('lost', 'Chunks of this run are no longer stored')
        this.#yielded -= 1
        this.#pending.shift()?.resolve(id)
      }
      this.#over = endError(await done) ?? hasEnded()
    } catch (error) {
      this.#over = error
    }
    for (const { reject } of this.#pending.splice(0)) reject(this.#over)
  }
}

/** Makes the error that a run's end is for its readers. `undefined`: it has completed, or is running. */
export function endError({
  status,
  code,
  message,
}: Pick<RunStatus, 'status' | 'code' | 'message'>): SseError | undefined {
  if (status === 'completed' || status === 'running') return undefined
  if (status === 'failed') return new SseError(code ?? 'internal', message ?? 'The run has failed')
  return new SseError(
    status,
    status === 'stopped' ? 'The run was stopped' : 'The process of this run did not respond',
  )
}

/** The error of a push to a run that is over, or was started by another producer. */
export function hasEnded(): SseError {
  return new SseError('run_exists', 'This run has a producer, or has ended')
}

/** Loops over the events of a run until it has ended or a signal aborts. */
export async function* readRun(
  runs: ChunkRuns,
  id: string,
  options: { after?: string | undefined; untilHead?: boolean },
  signal?: AbortSignal,
): AsyncGenerator<ChunkEvent> {
  if (signal?.aborted) return
  const iterator = runs.follow(id, options)[Symbol.asyncIterator]()
  const close = () => void iterator.return?.()
  signal?.addEventListener('abort', close)
  try {
    for (;;) {
      const { done, value } = await iterator.next()
      if (done || signal?.aborted) return
      yield value
    }
  } finally {
    signal?.removeEventListener('abort', close)
    close()
  }
}

import { sse } from '@sse/server'
import type { Commit, Engine } from '@sse/server/engine-kit'
import { BrokenPromise, check } from '../broken-promise.ts'
import type { OpenedEngine } from '../opened-engine.ts'
import { wait } from '../verbs/entries.ts'
import type { HubModelOptions, ServeStream } from './options.ts'
import { Random } from './random.ts'
import type { Reader } from './reader.ts'
import { Reference } from './reference.ts'
import { Replica, type Settings } from './replica.ts'
import { until } from './turns.ts'

/** Turns without a call in flight after which nothing more will happen. */
const QUIET_TURNS = 3

/** Longer than a hub pauses its reads of history while live events are flowing. */
const PAUSE_MS = 1_000

/** The processes of an app, its readers and its log: steps act on it and are checked against the reference. */
export class World {
  readonly random: Random
  readonly settings: Settings
  readonly reference: Reference = new Reference()
  readonly readers: Reader[] = []
  /** Readers that have left for good and were not checked yet. */
  readonly left: Reader[] = []
  /** Replica that each reader is connected to. */
  readonly replicaOf: WeakMap<Reader, Replica> = new WeakMap()
  readonly commits: Map<string, Commit> = new Map()
  /** Serves a subscription to readers that use Fetch. */
  readonly serve: ServeStream
  /** Whether that is over a network, so that frames arrive later. */
  readonly isRemote: boolean
  replicas: Replica[] = []
  /** An engine used by no hub: it reads what is stored, and trims as another process would. */
  observer: Engine | undefined
  /** Calls in flight. */
  pending: Promise<unknown>[] = []
  readonly #seed: number
  readonly #open: () => Promise<OpenedEngine>
  readonly #trail: string[] = []
  #opened: OpenedEngine | undefined
  #step = 0
  #readersNamed = 0

  constructor({ seed, open, serve, heartbeatMs = Number.POSITIVE_INFINITY }: HubModelOptions) {
    this.#seed = seed
    this.#open = open
    this.serve = serve ?? sse
    this.isRemote = serve !== undefined
    this.random = new Random(seed)
    this.settings = {
      ringEvents: this.random.pick([0, 1, 4, 10, 1_000]),
      ringBytes: this.random.pick([500, 1_048_576]),
      maxEvents: this.random.pick([10, 40, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]),
      maxTurns: this.random.pick([0, 1, 3]),
      bulks: this.random.pick([
        [0, 0, 10, 300],
        [0, 0, 10, 300],
        [0, 30_000],
      ]),
      heartbeatMs,
    }
  }

  get opened(): OpenedEngine {
    return this.#opened as OpenedEngine
  }

  async begin(): Promise<void> {
    this.#opened = await this.#open()
    await this.start(this.opened.engine)
    await this.settle()
  }

  /** Runs a step, and checks the result once nothing is in flight. */
  async step(act: (world: World) => Promise<void>): Promise<void> {
    this.#step += 1
    for (const { engine } of this.replicas) engine.shake(this.random.fork())
    await act(this)
    await this.settle()
  }

  /** Starts processes, one of them on `first`. */
  async start(first: Engine): Promise<void> {
    const { another } = this.opened
    this.replicas = [new Replica(first, this.settings)]
    if (another && this.random.chance(0.6)) {
      this.replicas.push(new Replica(await another.call(this.opened), this.settings))
    }
    this.observer = another ? await another.call(this.opened) : undefined
    for (const { engine } of this.replicas) engine.shake(this.random.fork())
  }

  /** Opens the same log after every engine was closed, or a new one for an engine that keeps nothing. */
  async reopen(): Promise<Engine> {
    const opened = this.opened
    if (opened.reopen && this.random.chance(0.9)) return opened.reopen()
    this.#opened = await this.#open()
    this.commits.clear()
    await opened.close()
    return this.opened.engine
  }

  async close(): Promise<void> {
    for (const reader of this.readers) reader.drop(() => 0)
    for (const { hub } of this.replicas) await hub.close()
    await this.#opened?.close()
  }

  nameReader(): string {
    this.#readersNamed += 1
    return `reader ${this.#readersNamed}`
  }

  note(what: string, replica?: Replica): void {
    const where = replica ? ` (process ${this.replicas.indexOf(replica) + 1})` : ''
    this.#trail.push(`${this.#step}: ${what}${where}`)
  }

  /** Adds the seed and the steps to a failure, so that it can be repeated. */
  explain(error: unknown): BrokenPromise {
    const settings = JSON.stringify(this.settings)
    const trail = this.#trail.map((line) => `\n  ${line}`).join('')
    const message = error instanceof Error ? error.message : String(error)
    const stack = error instanceof BrokenPromise ? '' : `\n${(error as Error | undefined)?.stack}`
    return new BrokenPromise(
      `seed ${this.#seed}, step ${this.#step}`,
      `${message}\n${settings}${trail}${stack}`,
    )
  }

  async settle(): Promise<void> {
    await this.rest()
    await this.audit()
    // Frames still in a socket are not lost.
    if (this.isRemote)
      await until(() => this.readers.every((reader) => reader.hasArrived(this.reference.log)))
    for (const reader of [...this.left.splice(0), ...this.readers]) await this.#verifyReader(reader)
    for (const { violation } of this.replicas) if (violation) throw violation
  }

  async #verifyReader(reader: Reader): Promise<void> {
    const deadline = performance.now() + PAUSE_MS
    for (;;) {
      reader.verify(this.reference)
      const missing = reader.findMissing(this.reference.log)
      if (!missing) return
      if (performance.now() > deadline) throw missing
      await wait(1)
    }
  }

  audit(): Promise<void> {
    return this.reference.audit(this.observer ?? (this.replicas[0] as Replica).engine)
  }

  /** Waits until nothing is in flight and every reader that takes its frames has reached the head. */
  async rest(): Promise<void> {
    await Promise.all(this.pending.splice(0))
    for (const { engine } of this.replicas) {
      engine.calm()
      if (this.opened.another) engine.wake() // the engine's own hints may be late; with one process there are none
    }
    let quiet = 0
    const isQuiet = () => {
      quiet = this.#isAtRest() ? quiet + 1 : 0
      return quiet > QUIET_TURNS
    }
    if (await until(isQuiet)) return
    const lagging = this.replicas.map(({ hub }) => hub.stats().lagging)
    throw new BrokenPromise('every reader that takes its frames reaches the head', `lagging: ${lagging}`)
  }

  #isAtRest(): boolean {
    return this.replicas.every((replica) => {
      const connections = this.readers.flatMap((reader) =>
        reader.isConnected && this.replicaOf.get(reader) === replica && reader.connection
          ? [reader.connection]
          : [],
      )
      const full = connections.filter(({ isFull }) => isFull === true).length
      const atMost = full + connections.filter(({ isFull }) => isFull === undefined).length
      const isOpen = connections.every((connection) => connection.isOpen || connection.refusal !== undefined)
      const { lagging } = replica.hub.stats()
      return replica.engine.isIdle && isOpen && lagging >= full && lagging <= atMost
    })
  }

  /** Checks that no connection is left. */
  async checkEmpty(): Promise<void> {
    for (const { hub } of this.replicas) {
      const isEmpty = await until(() => hub.stats().connections === 0 && hub.stats().channels === 0)
      check(isEmpty, 'a closed connection leaves nothing behind', JSON.stringify(hub.stats()))
    }
  }
}

import { isSseError, type SseError } from '@sse/contract'
import type { Commit, Engine } from '../../hub/engine.ts'
import { formatId, parseId } from '../../hub/id.ts'
import { BrokenPromise, check } from '../broken-promise.ts'
import type { OpenedEngine } from '../opened-engine.ts'
import { SinkLink } from './link.ts'
import { LoopLink } from './loop-link.ts'
import { contract, Process, type Settings } from './process.ts'
import { CHANNELS, type Content } from './publication.ts'
import { Random } from './random.ts'
import { Reader } from './reader.ts'
import { Truth } from './truth.ts'
import { turns } from './turns.ts'

const MAX_READERS = 6
const SUBSCRIBERS = ['anna', 'bert', '__proto__']
/** Turns without anything under way, after which nothing will come by itself. */
const QUIET_TURNS = 3
/** A hub that takes longer than this to come to rest has left somebody behind. */
const REST_MS = 10_000

/** The processes of an app, its readers and its log, one step after the other. */
export class World {
  readonly #seed: number
  readonly #random: Random
  readonly #open: () => Promise<OpenedEngine>
  readonly #settings: Settings
  readonly #truth = new Truth()
  readonly #readers: Reader[] = []
  /** Readers that are gone for good, and were not judged yet. */
  readonly #left: Reader[] = []
  readonly #commits = new Map<string, Commit>()
  readonly #trail: string[] = []
  #opened: OpenedEngine | undefined
  #processes: Process[] = []
  /** An engine nobody else calls: it sees what is stored, and trims as another process would. */
  #observer: Engine | undefined
  #pending: Promise<unknown>[] = []
  #readerCount = 0
  #step = 0

  constructor(seed: number, open: () => Promise<OpenedEngine>) {
    this.#seed = seed
    this.#random = new Random(seed)
    this.#open = open
    this.#settings = {
      ringEvents: this.#random.pick([0, 1, 4, 10, 1_000]),
      ringBytes: this.#random.pick([500, 1_048_576]),
      maxEvents: this.#random.pick([10, 40, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]),
      maxTurns: this.#random.pick([0, 1, 3]),
    }
  }

  async begin(): Promise<void> {
    this.#opened = await this.#open()
    await this.#startProcesses(this.#opened.engine)
    await this.#settle()
  }

  async step(): Promise<void> {
    this.#step += 1
    for (const { engine } of this.#processes) engine.shake(this.#random.fork())
    const kind = this.#random.weighted({ busy: 24, ack: 4, restart: 1, rolling: 1, crash: 2, exchange: 1 })
    if (kind === 'busy') await this.#beBusy()
    else if (kind === 'ack') await this.#ack()
    else if (kind === 'restart') await this.#restart()
    else if (kind === 'rolling') await this.#restartOne()
    else if (kind === 'crash') await this.#crash()
    else await this.#exchange()
    await this.#settle()
  }

  /** Everybody comes back and takes what there is. */
  async end(): Promise<void> {
    this.#step += 1
    for (const reader of this.#readers) {
      if (reader.isConnected) reader.setFlowing(true)
      else this.#resume(reader)
    }
    this.#publish()
    await this.#settle()
    for (const reader of this.#readers) reader.drop((arrived) => arrived)
    await this.#settle()
    for (const { hub } of this.#processes) {
      const { connections, channels } = hub.stats()
      check(
        connections === 0 && channels === 0,
        'who is gone leaves nothing behind',
        `${connections}, ${channels}`,
      )
    }
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) reader.drop(() => 0)
    for (const { hub } of this.#processes) await hub.close()
    await this.#opened?.close()
  }

  /** What failed, and all that is needed to see it again. */
  explain(error: unknown): BrokenPromise {
    const settings = JSON.stringify(this.#settings)
    const trail = this.#trail.map((line) => `\n  ${line}`).join('')
    const message = error instanceof Error ? error.message : String(error)
    return new BrokenPromise(
      `seed ${this.#seed}, step ${this.#step}`,
      `${message}\n${settings}${trail}${error instanceof BrokenPromise ? '' : `\n${(error as Error)?.stack}`}`,
    )
  }

  async #startProcesses(first: Engine): Promise<void> {
    const { another } = this.#opened as OpenedEngine
    this.#processes = [new Process(first, this.#settings)]
    if (another && this.#random.chance(0.6)) {
      this.#processes.push(new Process(await another.call(this.#opened), this.#settings))
    }
    this.#observer = another ? await another.call(this.#opened) : undefined
    for (const { engine } of this.#processes) engine.shake(this.#random.fork())
  }

  // ---- steps in which many things happen at once

  async #beBusy(): Promise<void> {
    const count = 1 + this.#random.int(5)
    for (let action = 0; action < count; action += 1) {
      const kind = this.#random.weighted({
        publish: 8,
        connect: 4,
        drop: 2,
        resume: 3,
        stall: 2,
        flow: 2,
        trim: 1,
        fault: 1,
      })
      if (kind === 'publish') this.#publish()
      else if (kind === 'connect') this.#connect()
      else if (kind === 'fault') this.#fault()
      else if (kind === 'trim') await this.#trim()
      else this.#treatReader(kind)
      await turns(this.#random.int(4))
    }
  }

  #publish(): void {
    const process = this.#random.pick(this.#processes)
    const count = this.#random.pick([1, 1, 2, 3, 8])
    this.#note(`publish ${count}`, process)
    for (let event = 0; event < count; event += 1) this.#publishOne(process)
  }

  #publishOne({ hub }: Process): void {
    const channel = this.#random.pick(CHANNELS)
    const event = this.#random.pick(['lead', 'note'] as const)
    const key = this.#random.chance(channel === 'latest' ? 0.8 : 0.1) ? `k${this.#random.int(3)}` : undefined
    const idempotencyKey = this.#random.chance(0.15) ? `i${this.#random.int(8)}` : undefined
    const bulk = 'x'.repeat(this.#random.pick([0, 0, 10, 300]))
    const publication = this.#truth.intend({ channel, event, key, idempotencyKey }, bulk)
    const content: Content = { serial: publication.serial, bulk }
    const published = hub.publish(channel, event, content, { key, idempotencyKey }).then(
      (id) => {
        const commit = parseId(id)
        check(commit !== undefined, 'publish resolves with an id', id)
        this.#truth.acknowledge(publication, commit)
      },
      (error) =>
        check(isCode(error, 'engine_unavailable'), 'publish rejects with what the engine says', `${error}`),
    )
    this.#pending.push(published)
  }

  #connect(): void {
    const channels = this.#random.some(CHANNELS)
    const subscriber = this.#random.chance(0.4) ? this.#random.pick(SUBSCRIBERS) : undefined
    this.#readerCount += 1
    const reader = new Reader(`reader ${this.#readerCount}`, channels, subscriber)
    const [first] = this.#readers
    if (first && this.#readers.length === MAX_READERS) {
      first.drop((arrived) => arrived)
      this.#left.push(first)
      this.#readers.shift()
    }
    this.#readers.push(reader)
    if (this.#random.chance(0.3)) reader.lastId = this.#inventId()
    this.#resume(reader)
  }

  /** Of any kind that a client may come with. */
  #inventId(): string {
    const { epoch, oldest, head } = this.#truth.log
    const kind = this.#random.weighted({ known: 4, ahead: 1, foreign: 1, garbage: 1 })
    if (kind === 'known') return formatId({ epoch, position: this.#random.int(head + 1) })
    if (kind === 'ahead') return formatId({ epoch, position: head + 1 + this.#random.int(5) })
    if (kind === 'foreign') {
      const foreign = this.#random.pick([...this.#truth.epochs, 'another'])
      return formatId({ epoch: foreign, position: this.#random.int(oldest + 10) })
    }
    return this.#random.pick([
      '0',
      '-',
      `${epoch}-`,
      `${epoch}-1!`,
      `${epoch}-01`,
      'x'.repeat(400),
      '__proto__',
    ])
  }

  #resume(reader: Reader): void {
    const process = this.#random.pick(this.#processes)
    const { lastId, subscriber, channels } = reader
    const { epoch, head } = this.#truth.log
    const commit =
      subscriber === undefined ? undefined : (this.#commits.get(subscriber) ?? { epoch, position: 0 })
    const from = lastId === undefined ? (commit ?? 'now') : (parseId(lastId) ?? 'nowhere')
    const subscribe = () => process.hub.subscribe(channels, { after: lastId, subscriber })
    const isLoop = this.#random.chance(0.2)
    this.#note(
      `${reader.name} ${isLoop ? 'loops' : 'connects'} to ${channels} from ${lastId ?? subscriber}`,
      process,
    )
    const link = isLoop ? new LoopLink(subscribe()) : new SinkLink(contract, subscribe, lastId)
    reader.connect(link, { from, head })
    this.#processOf.set(reader, process)
  }

  #treatReader(kind: 'drop' | 'resume' | 'stall' | 'flow'): void {
    const readers = this.#readers.filter(({ isConnected }) => isConnected === (kind !== 'resume'))
    if (readers.length === 0) return
    const reader = this.#random.pick(readers)
    if (kind === 'resume') return this.#resume(reader)
    this.#note(`${reader.name} ${kind}s`)
    if (kind === 'drop') {
      const part = this.#random.int(5)
      reader.drop((arrived) => Math.ceil((arrived * part) / 4))
    } else reader.setFlowing(kind === 'flow')
  }

  async #trim(): Promise<void> {
    const { oldest, head } = this.#truth.log
    const maxEvents = this.#random.int(head - oldest + 2)
    this.#note(`trim to ${maxEvents}`)
    const retention = { maxEvents, maxAgeMs: Number.POSITIVE_INFINITY }
    if (this.#observer) {
      this.#pending.push(this.#observer.trim(retention))
      return
    }
    await this.#quiet() // a hub trims when it does not append
    await (this.#processes[0] as Process).engine.trim(retention)
  }

  #fault(): void {
    const fault = this.#random.pick(['before', 'after'] as const)
    const process = this.#random.pick(this.#processes)
    this.#note(`the next append fails ${fault} it is stored`, process)
    process.engine.failAppend(fault)
  }

  // ---- steps of their own

  async #ack(): Promise<void> {
    const subscriber = this.#random.pick(SUBSCRIBERS)
    const { hub } = this.#random.pick(this.#processes)
    const lastIds = this.#readers.flatMap((reader) =>
      reader.subscriber === subscriber ? [reader.lastId] : [],
    )
    const id = this.#random.chance(0.7) ? this.#random.pick([...lastIds, undefined]) : this.#inventId()
    if (id === undefined) return
    const commit = parseId(id)
    const { epoch, head } = this.#truth.log
    const isValid = commit !== undefined && commit.epoch === epoch && commit.position <= head
    this.#note(`${subscriber} acknowledges ${id}`)
    const error: unknown = await hub.ack(subscriber, id).catch((thrown) => thrown)
    check(
      isValid === (error === undefined),
      'an ack of an id of this log is taken, and no other',
      `${id}: ${error}`,
    )
    check(isValid || isCode(error, 'ack_invalid'), 'an ack that means nothing is refused as such', `${error}`)
    const held = this.#commits.get(subscriber)
    if (isValid && !(held?.epoch === epoch && held.position >= commit.position))
      this.#commits.set(subscriber, commit)
    for (const name of SUBSCRIBERS) await this.#checkCommitted(name)
  }

  async #checkCommitted(subscriber: string): Promise<void> {
    const commit = this.#commits.get(subscriber)
    const seen = await this.#random.pick(this.#processes).hub.committed(subscriber)
    check(
      seen === (commit && formatId(commit)),
      'acks are cumulative',
      `${subscriber}: ${seen}, not ${commit?.position}`,
    )
  }

  async #restart(): Promise<void> {
    this.#note('every process restarts')
    this.#publish()
    for (const process of this.#processes) await this.#shut(process)
    await this.#observer?.close()
    await this.#startProcesses(await this.#reopened())
    await this.#compareCommits()
  }

  async #restartOne(): Promise<void> {
    const another = this.#opened?.another
    if (!another) return
    const index = this.#random.int(this.#processes.length)
    const process = this.#processes[index] as Process
    this.#note('restarts', process)
    await this.#shut(process)
    this.#processes[index] = new Process(await another.call(this.#opened), this.#settings)
  }

  async #shut(process: Process): Promise<void> {
    await process.hub.close()
    await turns(2)
    for (const reader of this.#readers) {
      if (this.#processOf.get(reader) !== process) continue
      // A loop with its event in hand hears of it when it asks for the next.
      const isTold = !reader.isConnected || !reader.isFlowing
      check(isTold, 'a hub that closes ends every connection and every loop', reader.name)
      reader.drop((arrived) => arrived)
    }
  }

  async #crash(): Promise<void> {
    const crash = this.#opened?.crash
    if (!crash) return
    this.#publish()
    await turns(this.#random.int(6))
    this.#note('crash')
    for (const reader of this.#readers) reader.drop((arrived) => arrived)
    for (const { engine } of this.#processes) engine.cut()
    const dead = this.#processes
    const survivor = await crash.call(this.#opened)
    for (const { hub } of dead) await hub.close()
    await this.#startProcesses(survivor)
    await this.#compareCommits()
  }

  /** The engine restarts, or is another one, below hubs that live on. */
  async #exchange(): Promise<void> {
    this.#note('the engine restarts below the hubs')
    await this.#settle()
    for (const { engine } of this.#processes) await engine.release()
    await this.#observer?.close()
    const [first, ...rest] = this.#processes
    first?.engine.exchange(await this.#reopened())
    const another = this.#opened?.another
    for (const { engine } of rest) if (another) engine.exchange(await another.call(this.#opened))
    this.#observer = another ? await another.call(this.#opened) : undefined
    await this.#compareCommits()
  }

  /** The same log, or a new one from an engine that keeps nothing. */
  async #reopened(): Promise<Engine> {
    const opened = this.#opened as OpenedEngine
    if (opened.reopen && this.#random.chance(0.9)) return opened.reopen()
    this.#opened = await this.#open()
    this.#commits.clear()
    await opened.close()
    return this.#opened.engine
  }

  /** Commits are there after a restart, unless the log says that it is another. */
  async #compareCommits(): Promise<void> {
    const engine = (this.#processes[0] as Process).engine
    const { epoch } = await engine.read(0, 0)
    for (const subscriber of SUBSCRIBERS) {
      if (epoch === this.#truth.log.epoch) {
        await this.#checkCommitted(subscriber)
        continue
      }
      const commit = await engine.committed(subscriber)
      if (commit) this.#commits.set(subscriber, commit)
      else this.#commits.delete(subscriber)
    }
  }

  // ---- rest, and judgement

  readonly #processOf = new WeakMap<Reader, Process>()

  async #settle(): Promise<void> {
    await this.#quiet()
    const engine = this.#observer ?? (this.#processes[0] as Process).engine
    await this.#truth.audit(engine)
    for (const reader of [...this.#left.splice(0), ...this.#readers]) reader.verify(this.#truth)
    for (const { violation } of this.#processes) if (violation) throw violation
  }

  /** Waits until nothing is under way, and nobody who takes what there is waits for anything. */
  async #quiet(): Promise<void> {
    const pending = this.#pending
    this.#pending = []
    await Promise.all(pending)
    for (const { engine } of this.#processes) {
      engine.calm()
      engine.wake()
    }
    const deadline = performance.now() + REST_MS
    for (let quiet = 0; quiet < QUIET_TURNS; quiet = this.#isAtRest() ? quiet + 1 : 0) {
      await turns(1)
      if (performance.now() < deadline) continue
      const lagging = this.#processes.map(({ hub }) => hub.stats().lagging)
      throw new BrokenPromise(
        'every reader that takes what it is given gets to the head',
        `lagging: ${lagging}`,
      )
    }
  }

  #isAtRest(): boolean {
    return this.#processes.every((process) => {
      const links = this.#readers.flatMap((reader) =>
        reader.isConnected && this.#processOf.get(reader) === process && reader.link ? [reader.link] : [],
      )
      const full = links.filter(({ isFull }) => isFull).length
      const isOpen = links.every((link) => link.isOpen || link.refusal !== undefined)
      return process.engine.isIdle && isOpen && process.hub.stats().lagging === full
    })
  }

  #note(what: string, process?: Process): void {
    const where = process ? ` (process ${this.#processes.indexOf(process) + 1})` : ''
    this.#trail.push(`${this.#step}: ${what}${where}`)
  }
}

function isCode(error: unknown, code: SseError['code']): boolean {
  return isSseError(error) && error.code === code
}

import { type EventName, type PayloadInput, SseError, type StreamContract } from '@sse/contract'
import { checkSize, encodeEventData, textEvents } from '@sse/contract/protocol'
import { within } from '../engine-kit/within.ts'
import type { AppendResult } from '../log/append-queue.ts'
import type { NewEntry } from '../log/engine.ts'
import { Fanout } from '../log/fanout.ts'
import { Heartbeat } from '../log/heartbeat-frame.ts'
import { formatId, parseId } from '../log/id.ts'
import { Log } from '../log/log.ts'
import { TurnClock } from '../log/turn-clock.ts'
import { Presence, type PresenceListener } from '../presence/presence.ts'
import type { EventTaker } from '../publish/event-taker.ts'
import type { ConnectionAdmitter, ConnectionHandle } from '../stream/connection-handle.ts'
import { CatchUpQueue } from './catch-up-queue.ts'
import { checkChannel, checkChannels, checkName, checkRequestName } from './check-names.ts'
import { ConnectionLimiter } from './connection-limiter.ts'
import { Counters } from './counters.ts'
import type { Hub, PublishOptions } from './hub.ts'
import { observePublish, observePublishes } from './observe-publish.ts'
import { type HubOptions, type SettledHubOptions, settleHubOptions } from './options.ts'
import type { HubStats } from './stats.ts'
import {
  LogSubscription,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionContext,
} from './subscription.ts'
import type { SenderContext } from './subscription-sender.ts'

/** How long each step of closing may wait for the engine, in milliseconds. */
const CLOSE_MS = 10_000
/** How long the loops over a backlog may use one turn of the event loop, in milliseconds. */
const LOOP_TURN_MS = 4

/**
 * Creates a hub: one ordered log of a contract's events, published to channels. It opens its engine, and starts timers,
 * when it is first used.
 *
 * @throws {SseError} `option_invalid`.
 * @example
 * const hub = createHub(leads, { engine: sqlite('leads.db') })
 * app.use(sse(hub, {
 *   authorize: ({ req }) => userOf(req),
 *   channels: ({ params }) => `owner:${params.owner}`,
 * }))
 * await hub.publish('owner:42', 'lead', { id: '7', title: 'Ada' })
 */
export function createHub<Contract extends StreamContract, Tx = never>(
  contract: Contract,
  options: HubOptions<Tx> = {},
): Hub<Contract, Tx> {
  return createLogHub(contract, options)
}

/** Creates a hub for other parts of this package. */
export function createLogHub<Contract extends StreamContract, Tx = never>(
  contract: Contract,
  options: HubOptions<Tx>,
): LogHub<Contract, Tx> {
  return new LogHub(contract, settleHubOptions(options))
}

/** A hub, with what the runs need of its inside. */
export class LogHub<Contract extends StreamContract, Tx = never>
  implements Hub<Contract, Tx>, ConnectionAdmitter, EventTaker
{
  readonly contract: Contract
  readonly #settings: SettledHubOptions<Tx>
  readonly #fanout: Fanout
  readonly #log: Log
  readonly #connections: ConnectionLimiter
  readonly #presence: Presence
  readonly #counters = new Counters()
  readonly #subscriptions: SubscriptionContext
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(contract: Contract, settings: SettledHubOptions<Tx>) {
    const { engine, onError } = settings
    this.#connections = new ConnectionLimiter(settings)
    this.contract = contract
    this.#settings = settings
    this.#fanout = new Fanout(onError)
    const { path } = contract
    this.#log = new Log({ ...settings, path, texts: textEvents(contract) }, this.#fanout, this.#connections)
    this.#presence = new Presence(engine.presence, onError)
    this.#subscriptions = {
      log: this.#log,
      fanout: this.#fanout,
      catchUps: new CatchUpQueue(),
      loopTurns: new TurnClock(LOOP_TURN_MS),
      heartbeat: new Heartbeat(this.#log.tail),
      counters: this.#counters,
      connections: this.#connections,
      presence: this.#presence,
    }
  }

  publish<Name extends keyof Contract['events'] & string>(
    channel: string,
    event: Name,
    payload: PayloadInput<Contract, Name>,
    options?: PublishOptions,
  ): Promise<string> {
    // Not an async function: a second promise per event is about 5 % of the cost of publishing in memory.
    try {
      const entry = this.#makeEntry(channel, event, payload, options)
      return observePublish(this.contract.path, entry, (observed) => this.#log.append(observed))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  publishIn<Name extends keyof Contract['events'] & string>(
    tx: Tx,
    channel: string,
    event: Name,
    payload: PayloadInput<Contract, Name>,
    options?: PublishOptions,
  ): Promise<void> {
    const { engine } = this.#settings
    if (!engine.insert) {
      const message = 'publishIn: this engine cannot store an event in a transaction of the app; use publish'
      throw new SseError('option_invalid', message)
    }
    const entry = this.#makeEntry(channel, event, payload, options)
    const inserted = observePublish(this.contract.path, entry, (observed) => engine.insert?.(observed, tx))
    this.#log.inserted()
    return Promise.resolve(inserted)
  }

  #makeEntry(
    channel: string,
    event: EventName<Contract>,
    payload: unknown,
    { key, idempotencyKey }: PublishOptions = {},
  ): NewEntry {
    checkChannel(this.contract, channel)
    if (key !== undefined) checkName('key', key)
    if (idempotencyKey !== undefined) checkName('idempotencyKey', idempotencyKey)
    const data = encodeEventData(this.contract, event, payload)
    this.checkSize(event, data)
    this.#checkOpen()
    return { channel, event, data, key, idempotencyKey }
  }

  /** Whether an append that may have been stored can only be repeated with a key. */
  get needsKeys(): boolean {
    return this.#settings.engine.rejectsOnlyUnstored !== true
  }

  '@sse/encode'(channel: string, event: string, payload: unknown, options: PublishOptions): NewEntry {
    return this.#makeEntry(channel, event as EventName<Contract>, payload, options)
  }

  '@sse/append'(entries: readonly NewEntry[]): Promise<string[]> {
    return observePublishes(this.contract.path, entries, (observed) => this.#log.appendTogether(observed))
  }

  /** Parts for senders beside those of `subscribe`. */
  get senderContext(): SenderContext {
    return this.#subscriptions
  }

  /**
   * Appends entries that are checked and encoded, as `Log.appendOwn` does.
   *
   * @throws {SseError} `hub_closed`.
   */
  appendOwn(entries: readonly NewEntry[], settled: (results: readonly AppendResult[]) => void): void {
    this.#checkOpen()
    this.#log.appendOwn(entries, settled)
  }

  /** @throws {SseError} `payload_too_large`. */
  checkSize(event: string, data: string): void {
    const { maxEventBytes, engine } = this.#settings
    checkSize(event, data, Math.min(maxEventBytes, engine.maxDataBytes ?? Number.POSITIVE_INFINITY))
  }

  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): Subscription<Contract> {
    this.#checkOpen()
    if (options.subscriber !== undefined) checkRequestName('subscriber', options.subscriber)
    if (options.identity !== undefined) checkRequestName('identity', options.identity)
    const { from } = options
    if (from !== undefined && from !== 'oldest' && from !== 'newest') {
      throw new SseError(
        'option_invalid',
        `subscribe: from must be 'oldest' or 'newest', not ${String(from)}`,
      )
    }
    return new LogSubscription<Contract>(this.#subscriptions, checkChannels(this.contract, channels), options)
  }

  async ack(subscriber: string, id: string): Promise<void> {
    checkRequestName('subscriber', subscriber)
    this.#checkOpen()
    const commit = typeof id === 'string' ? parseId(id) : undefined
    if (!commit) throw new SseError('ack_invalid', 'Not a hub event id')
    const { tail, isOpen } = this.#log
    const isReached = isOpen && commit.epoch === tail.epoch && commit.position <= tail.head
    // What this process has not seen, another one may have.
    const { epoch, head } = isReached ? tail : await this.#log.readState()
    if (commit.epoch !== epoch) throw new SseError('ack_invalid', 'The id belongs to another log')
    if (commit.position > head) throw new SseError('ack_invalid', 'The id is ahead of the log')
    await this.#log.commit(subscriber, commit)
  }

  async committed(subscriber: string): Promise<string | undefined> {
    checkRequestName('subscriber', subscriber)
    this.#checkOpen()
    const commit = await this.#log.readCommit(subscriber)
    return commit && formatId(commit)
  }

  async forget(subscriber: string): Promise<void> {
    checkRequestName('subscriber', subscriber)
    this.#checkOpen()
    await this.#log.forget(subscriber)
  }

  async getState<State>(read: () => State | Promise<State>): Promise<{ lastEventId: string; state: State }> {
    this.#checkOpen()
    const { tail, isOpen } = this.#log
    const { epoch, head: position } = isOpen ? tail : await this.#log.readState()
    return { lastEventId: formatId({ epoch, position }), state: await read() }
  }

  async presence(channel: string): Promise<string[]> {
    checkChannel(this.contract, channel)
    this.#checkOpen()
    return this.#presence.identities(channel)
  }

  onPresence(channel: string, listener: PresenceListener): () => void {
    checkChannel(this.contract, channel)
    this.#checkOpen()
    return this.#presence.listen(channel, listener)
  }

  stats(): HubStats {
    const { tail, appended, skipped } = this.#log
    const { catchUps, gaps } = this.#counters
    return {
      connections: this.#connections.size,
      lagging: this.#fanout.lagging,
      channels: this.#fanout.channels,
      head: tail.head,
      ringEvents: tail.ring.length,
      ringBytes: tail.ring.bytes,
      published: appended,
      deliveredBytes: this.#fanout.bytes,
      catchUps,
      gaps,
      rejected: this.#connections.rejected,
      skipped,
    }
  }

  async revoke(identity: string): Promise<number> {
    checkRequestName('identity', identity)
    this.#checkOpen()
    const closed = this.#connections.revoke(identity)
    await this.#log.revoke(identity)
    return closed
  }

  async drain({ graceMs = 10_000 }: { graceMs?: number } = {}): Promise<void> {
    if (!(graceMs >= 0)) {
      throw new SseError('option_invalid', `drain: graceMs must be 0 or more, not ${graceMs}`)
    }
    await this.#connections.drain(graceMs)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    await this.drain({ graceMs: 0 })
    this.#fanout.end()
    await this.#awaitClosed('presence', this.#presence.close())
    await this.#awaitClosed('calls in flight', this.#log.close())
    await this.#awaitClosed('close', this.#settings.engine.close())
  }

  /** An engine that never answers does not keep a hub from closing. */
  async #awaitClosed(what: string, closing: Promise<void>): Promise<void> {
    const late = new SseError('engine_unavailable', `The engine has not finished ${what} for ${CLOSE_MS} ms`)
    await within(CLOSE_MS, closing, () => late).catch((error) => {
      if (error !== late) throw error
      this.#settings.onError(late)
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Counts a connection of a stream, whatever its source. The log is followed while it is open: another process may
   * revoke its identity.
   */
  '@sse/admit'(handle: ConnectionHandle): void {
    this.#connections.admit(handle, handle.identity)
    if (handle.identity === undefined) return
    this.#log.addReader()
    this.#log.open().catch(() => {}) // tried again every second
    handle.onClosed({ closed: () => this.#log.removeReader() })
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SseError('hub_closed', 'The hub is closed')
  }
}

import { type EventName, type PayloadInput, SseError, type StreamContract } from '@sse/contract'
import { checkSize, encodeEventData } from '@sse/contract/protocol'
import { AppendQueue } from '../log/append-queue.ts'
import type { NewEntry } from '../log/engine.ts'
import { Fanout } from '../log/fanout.ts'
import { Heartbeat } from '../log/heartbeat-frame.ts'
import { formatId, parseId } from '../log/id.ts'
import { Log } from '../log/log.ts'
import { Trimmer } from '../log/trimmer.ts'
import { Presence, type PresenceListener } from '../presence/presence.ts'
import type { ConnectionAdmitter, ConnectionHandle } from '../stream/connection-handle.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { checkChannels, checkName } from './check-names.ts'
import { ConnectionLimiter } from './connection-limiter.ts'
import { Counters } from './counters.ts'
import { type HubOptions, type SettledHubOptions, settleHubOptions } from './options.ts'
import type { HubStats } from './stats.ts'
import { type SubscribeOptions, Subscription, type SubscriptionContext } from './subscription.ts'

export interface PublishOptions {
  /** What the event is about, for channels with `latestPerKey`. 1 to 256 characters. */
  key?: string | undefined
  /**
   * Publishing twice with one of these stores one event, and gives its id both times, as long as the event is
   * retained: for publishers that try again. 1 to 256 characters.
   */
  idempotencyKey?: string | undefined
}

/**
 * Makes a hub: one ordered log of a contract's events, published to channels, on which every connection is a
 * cursor.
 *
 * It opens its engine when it is first used. @throws {SseError} `option_invalid`.
 * @example
 * const hub = createHub(leads, { engine: sqlite('leads.db') })
 * app.get(leads.path, sse(leads, ({ params, lastEventId }) =>
 *   hub.subscribe(`owner:${params.owner}`, { after: lastEventId, subscriber: params.owner })))
 * await hub.publish('owner:42', 'lead', { id: '7', title: 'Ada' })
 */
export function createHub<Contract extends StreamContract>(
  contract: Contract,
  options: HubOptions = {},
): Hub<Contract> {
  return new Hub(contract, settleHubOptions(options))
}

/** How often the engine is looked at without being asked to: a lost wake-up costs at most this. */
const POLL_MS = 1_000

/** See `createHub`. */
export class Hub<Contract extends StreamContract> implements ConnectionAdmitter {
  readonly contract: Contract
  readonly #settings: SettledHubOptions
  readonly #counters = new Counters()
  readonly #log: Log
  readonly #fanout = new Fanout()
  readonly #publisher: AppendQueue
  readonly #connections: ConnectionLimiter
  readonly #presence: Presence
  readonly #trimmer: Trimmer
  readonly #context: SubscriptionContext
  readonly #poll: Periodic = { tick: () => this.#lookAround() }
  #isClosed = false

  /** Not called directly: `createHub` does. */
  constructor(contract: Contract, settings: SettledHubOptions) {
    const { engine, retention, ring, latestPerKey, onError } = settings
    this.contract = contract
    this.#settings = settings
    this.#log = new Log({
      engine,
      ring: {
        maxEvents: Math.min(ring.maxEvents, retention.maxEvents),
        maxBytes: ring.maxBytes,
        maxAgeMs: retention.maxAgeMs,
      },
      isLatestPerKey: latestPerKey,
      onEvents: (frames) => this.#fanout.deliver(frames),
      onReset: (reason, head) => this.#fanout.reset(reason, head),
      onError,
    })
    this.#publisher = new AppendQueue(engine, this.#log, (count) => {
      this.#counters.published += count
      this.#trimmer.stored(count)
    })
    this.#connections = new ConnectionLimiter(settings, this.#counters)
    this.#presence = new Presence(engine.presence, onError)
    this.#trimmer = new Trimmer(engine, retention, onError)
    this.#context = {
      log: this.#log,
      fanout: this.#fanout,
      heartbeat: new Heartbeat(this.#log),
      counters: this.#counters,
      engine,
      connections: this.#connections,
      presence: this.#presence,
    }
    startPeriodic(this.#poll, POLL_MS)
  }

  /**
   * Stores an event and delivers it to everyone who follows the channel.
   *
   * @returns its id, once it is stored as durably as the engine promises.
   * @throws {SseError} `event_unknown`, `payload_invalid`, `payload_too_large`, `channel_invalid`,
   * `option_invalid` (a key): nothing was stored. `hub_closed`, `overloaded`. `engine_unavailable`,
   * `engine_failed`: not stored as far as the engine can tell; try again with an `idempotencyKey`.
   */
  publish<Name extends keyof Contract['events'] & string>(
    channel: string,
    event: Name,
    payload: PayloadInput<Contract, Name>,
    options?: PublishOptions,
  ): Promise<string> {
    // Not an async function: a second promise for each event is about 5 % of what publishing in memory costs.
    try {
      const entry = this.entry(channel, event, payload, options)
      if (this.#isClosed) throw closedError()
      return this.#publisher.publish(entry)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Makes an event that an engine can store in a transaction of the app's own, together with what it tells of:
   * `engine.insert(hub.entry('owner:42', 'lead', lead), db)`. Nothing is stored here.
   *
   * @throws {SseError} as `publish` does for what it was given.
   */
  entry<Name extends keyof Contract['events'] & string>(
    channel: string,
    event: Name,
    payload: PayloadInput<Contract, Name>,
    { key, idempotencyKey }: PublishOptions = {},
  ): NewEntry {
    checkName('channel', channel)
    if (key !== undefined) checkName('key', key)
    if (idempotencyKey !== undefined) checkName('idempotencyKey', idempotencyKey)
    const data = encodeEventData(this.contract, event satisfies EventName<Contract>, payload)
    const { maxEventBytes, engine } = this.#settings
    checkSize(event, data, Math.min(maxEventBytes, engine.maxDataBytes ?? Number.POSITIVE_INFINITY))
    return { channel, event, data, key, idempotencyKey }
  }

  /**
   * Follows one or more channels: the source of an `sse()` stream, or something to loop over. Nothing is opened
   * yet.
   *
   * @param channels - up to 128, 1 to 256 characters each.
   * @throws {SseError} `channel_invalid`, `option_invalid`, `hub_closed`.
   */
  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): Subscription<Contract> {
    if (this.#isClosed) throw closedError()
    if (options.subscriber !== undefined) checkName('subscriber', options.subscriber)
    if (options.identity !== undefined) checkName('identity', options.identity)
    return new Subscription<Contract>(this.#context, checkChannels(channels), options)
  }

  /**
   * Remembers that a subscriber has dealt with everything up to an id. Cumulative; an id behind the one that is
   * remembered changes nothing.
   *
   * @throws {SseError} `ack_invalid` (status 409): the id is of another log, or ahead of this one.
   * `option_invalid`, `hub_closed`, what the engine says.
   */
  async ack(subscriber: string, id: string): Promise<void> {
    checkName('subscriber', subscriber)
    if (this.#isClosed) throw closedError()
    const commit = typeof id === 'string' ? parseId(id) : undefined
    if (!commit) throw new SseError('ack_invalid', 'This is no id of a hub')
    await this.#log.open()
    if (commit.epoch !== this.#log.epoch || commit.position > this.#log.head) await this.#log.refresh()
    if (commit.epoch !== this.#log.epoch) {
      throw new SseError('ack_invalid', 'This id is of another log than the one there is now')
    }
    if (commit.position > this.#log.head) {
      throw new SseError('ack_invalid', 'This id is ahead of everything there is')
    }
    await this.#settings.engine.commit(subscriber, commit)
  }

  /** The last id a subscriber has acknowledged; `undefined` when there is none. */
  async committed(subscriber: string): Promise<string | undefined> {
    checkName('subscriber', subscriber)
    if (this.#isClosed) throw closedError()
    const commit = await this.#settings.engine.committed(subscriber)
    return commit && formatId(commit)
  }

  /**
   * What a client needs to begin with: what `read` gives, and the id to follow the stream after. The position is
   * taken first and the data is read second, so that an event in between is seen twice rather than never; for
   * that, rows are committed before their event is published, or with it.
   *
   * @throws {SseError} `hub_closed`, what the engine says; and what `read` throws.
   */
  async getState<State>(read: () => State | Promise<State>): Promise<{ lastEventId: string; state: State }> {
    if (this.#isClosed) throw closedError()
    await this.#log.open()
    const { epoch, head: position } = this.#log
    return { lastEventId: formatId({ epoch, position }), state: await read() }
  }

  /**
   * The identities connected to a channel, each once: over all processes that share the engine, where it can tell;
   * else of this one. Who was connected to a process that crashed is gone within 15 seconds.
   *
   * @throws {SseError} what the engine says.
   */
  async presence(channel: string): Promise<string[]> {
    checkName('channel', channel)
    return this.#presence.identities(channel)
  }

  /**
   * Calls `listener` when an identity's first connection to a channel opens, and when its last one has been gone
   * for 3 to 6 seconds: a reload is no leave. Other processes are looked at every second.
   *
   * @returns a function that stops it.
   */
  onPresence(channel: string, listener: PresenceListener): () => void {
    checkName('channel', channel)
    return this.#presence.listen(channel, listener)
  }

  stats(): HubStats {
    const { ring, head } = this.#log
    const { published, catchUps, gaps, rejected } = this.#counters
    return {
      connections: this.#connections.size,
      lagging: this.#fanout.countLagging(),
      channels: this.#fanout.channels,
      head,
      ringEvents: ring.length,
      ringBytes: ring.bytes,
      published,
      deliveredBytes: this.#fanout.bytes,
      catchUps,
      gaps,
      rejected,
    }
  }

  /** Ends every connection of an identity, each told why; returns how many. `authorize` decides who comes back. */
  revoke(identity: string): number {
    return this.#connections.revoke(identity)
  }

  /**
   * Admits nobody any more (503 with `Retry-After`), ends every connection with a reconnection delay of its own,
   * and resolves when all are closed, which lets `server.close()` resolve. Whoever has not taken its last bytes
   * within `graceMs` (default 10,000; 0: at once) is cut off. Publishing goes on until `close`.
   */
  async drain({ graceMs = 10_000 }: { graceMs?: number } = {}): Promise<void> {
    if (!(graceMs >= 0)) {
      throw new SseError('option_invalid', `drain: graceMs must be 0 or more, not ${graceMs}`)
    }
    await this.#connections.drain(graceMs)
  }

  /** Drains without grace, stores what was published, and closes the engine. Closing twice is nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.drain({ graceMs: 0 })
    this.#fanout.end()
    stopPeriodic(this.#poll, POLL_MS)
    await this.#presence.close()
    await this.#publisher.settle()
    await Promise.all([this.#trimmer.stop(), this.#log.close()])
    await this.#settings.engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Counts a connection whose source is not this hub's; see the option `hub` of `sse()`. */
  '@sse/admit'(connection: ConnectionHandle): void {
    this.#connections.admit(connection)
  }

  #lookAround(): void {
    this.#log.follow()
    this.#log.ring.expire(Date.now())
    this.#trimmer.run()
  }
}

function closedError(): SseError {
  return new SseError('hub_closed', 'This hub is closed')
}

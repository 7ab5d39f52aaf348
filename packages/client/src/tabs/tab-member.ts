import type { TransportHandle } from '../transport/transport.ts'
import { CatchingUp } from './catching-up.ts'
import { Follower } from './follower.ts'
import { Leader } from './leader.ts'
import { LeaderLock, type Locks } from './leader-lock.ts'
import { LeaderWatch } from './leader-watch.ts'
import { type LeaderMessage, parseTabMessage, type TabMessage } from './tab-messages.ts'
import type { Tab, TabRole } from './tab-role.ts'
import { type StreamSettings, TabStream } from './tab-stream.ts'

export interface Membership extends StreamSettings {
  /** Name of the lock and the channel. */
  readonly name: string
  readonly locks: Locks
  readonly isFromNow: boolean
  readonly hungAfterMs: number
  /** The browser has locks and channels, and refuses them here. */
  readonly onRefused: () => void
}

/**
 * One of the tabs that share a stream: the leader's connection feeds all. No event is lost or repeated, because a tab
 * only follows from a position known to be its own; where the leader does not know it, the server is asked.
 */
export class TabMember implements TransportHandle, Tab {
  readonly stream: TabStream
  readonly isFromNow: boolean
  readonly #name: string
  readonly #channel: BroadcastChannel
  readonly #lock: LeaderLock
  readonly #watch: LeaderWatch
  #role: TabRole = new Follower(this, false)
  #isClosed = false

  constructor({ name, locks, isFromNow, hungAfterMs, onRefused, ...settings }: Membership) {
    this.stream = new TabStream(settings)
    this.isFromNow = isFromNow
    this.#name = name
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }) => this.#receive(parseTabMessage(data))
    const ping = () => this.post({ type: 'ping' })
    this.#watch = new LeaderWatch(hungAfterMs, ping, () => this.#lock.steal())
    this.#lock = new LeaderLock(locks, name, {
      onAcquired: (wasFree) => (wasFree ? this.#lead() : this.#drainReplies()),
      onLost: () => this.#stepDown(),
      onRefused,
    })
    this.#startFollowing()
    this.#lock.start()
  }

  get #isLeader(): boolean {
    return this.#role instanceof Leader
  }

  listen(name: string): void {
    this.stream.own?.listen(name)
    if (!this.#isLeader) this.post({ type: 'listen', names: [name] })
  }

  close(): void {
    if (this.#isClosed) return
    if (this.#isLeader) this.#role.onOwnSettled()
    this.#isClosed = true
    this.stream.observer = undefined
    this.#watch.stop()
    this.stream.closeOwn()
    this.#channel.close()
    this.#lock.close()
  }

  post(message: TabMessage): void {
    if (!this.#isClosed) this.#channel.postMessage(message)
  }

  follow(isPositioned: boolean): void {
    this.#become(new Follower(this, isPositioned))
  }

  catchUp(): void {
    this.#become(new CatchingUp(this))
  }

  #become(role: TabRole): void {
    if (this.#isClosed) return
    this.#role = role
    this.stream.observer = role
    role.start()
  }

  /**
   * Waits until the last leader's messages have arrived: a message sent to oneself arrives after them. A timer would
   * take a minute in a hidden tab.
   */
  #drainReplies(): void {
    if (this.#isClosed) return
    const from = crypto.randomUUID()
    const echo = new BroadcastChannel(this.#name)
    echo.onmessage = ({ data }) => {
      const message = parseTabMessage(data)
      if (message?.type !== 'mark' || message.from !== from) return
      echo.close()
      this.#lead()
    }
    this.post({ type: 'mark', from })
  }

  #lead(): void {
    if (this.#isClosed || !this.#lock.isHeld || this.#isLeader) return
    this.#watch.stop()
    this.stream.onNote({ role: 'leader' })
    this.#become(new Leader(this))
  }

  /** Another tab leads: what this one relayed in the meantime belongs to no term. */
  #stepDown(): void {
    if (this.#isClosed || !this.#isLeader) return
    this.stream.closeOwn()
    this.stream.position = undefined
    this.stream.history = undefined
    this.#startFollowing()
  }

  #startFollowing(): void {
    this.stream.onNote({ role: 'follower' })
    this.#watch.start()
    this.follow(false)
  }

  #receive(message: TabMessage | undefined): void {
    if (!message || this.#isClosed || message.type === 'mark') return
    if (message.type === 'listen') this.#addNames(message.names)
    else if (message.type === 'hello' || message.type === 'ping') this.#role.receive(message)
    else this.#receiveFromLeader(message)
  }

  #receiveFromLeader(message: LeaderMessage): void {
    const { stream } = this
    const term = termOf(message)
    if (message.type === 'lead') {
      if (term <= stream.term) return
      this.#stepDown()
    }
    // A leader that hung does not know yet that it was replaced.
    if (this.#isLeader || term < stream.term) return
    if (message.type === 'lead' || message.type === 'entries') stream.term = term
    else if (message.type !== 'welcome' && term !== stream.term) return
    this.#watch.heard()
    this.#role.receive(message)
  }

  #addNames(names: readonly string[]): void {
    for (const name of names) {
      this.stream.names.add(name)
      if (this.#isLeader) this.stream.own?.listen(name)
    }
  }
}

function termOf(message: LeaderMessage): number {
  if ('term' in message) return message.term
  return message.type === 'entries' ? (message.entries[0]?.at[0] ?? 0) : message.at[0]
}

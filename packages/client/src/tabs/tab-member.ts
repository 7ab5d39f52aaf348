import { ReconnectingTransport } from '../connection/reconnecting-transport.ts'
import type { Transport, TransportEvents, TransportRequest } from '../transport/transport.ts'
import { LeaderLock, type Locks } from './leader-lock.ts'
import { LeaderWatch } from './leader-watch.ts'
import { type Entry, isSamePlace, type Place, RelayHistory } from './relay-history.ts'
import { fromPlainError, type LeaderStatus, type TabMessage, toPlainError } from './tab-messages.ts'

/** How often, at most, the others are told that the server was heard. */
const PULSE_MS = 1_000

export interface Membership {
  readonly name: string
  readonly locks: Locks
  readonly inner: Transport
  readonly request: TransportRequest
  readonly madeAt: number
  readonly events: TransportEvents
  readonly names: Set<string>
  readonly fromNow: boolean
  readonly hungAfterMs: number
  /** The browser has what sharing takes, and refuses it here. */
  readonly onRefused: () => void
}

/**
 * One tab among those that share a stream. It leads (its own connection feeds all), follows (what the leader
 * relays is its stream), or catches up: its own connection brings it to a place that the leader relays too.
 *
 * Nothing is lost or repeated, because a tab follows only from a place it knows to be its own: the very entry it
 * had last, or its last id. Where the leader does not know that id, the server is asked, as without sharing.
 */
export class TabMember {
  readonly #with: Membership
  readonly #id: string = crypto.randomUUID()
  readonly #channel: BroadcastChannel
  readonly #lock: LeaderLock
  readonly #watch: LeaderWatch
  readonly #relay: Entry[] = []
  #isClosed = false
  #isLeader = false
  /** This tab's last event id. */
  #lastEventId: string
  /** The newest leader's: by the clock, and never behind one that was heard of. */
  #term = 0
  #status: LeaderStatus = { state: 'connecting', retryMs: 0 }
  /** Where this tab stands in what leaders relay; `undefined` while it does not know. */
  #place: Place | undefined
  #recent: RelayHistory | undefined
  /** The leader does not know this tab's id: a connection of its own as soon as there can be one. */
  #isAstray = false
  #own: ReconnectingTransport | undefined
  #isToldOpen = false
  #lastQuestion = 0
  /** What the leader was asked and has not answered; what it relays meanwhile is in its answer. */
  #question: string | undefined
  #hasSetId = false
  #isSettling = false
  #pulsedAt = 0

  constructor(membership: Membership) {
    this.#with = membership
    this.#lastEventId = membership.request.lastEventId
    this.#channel = new BroadcastChannel(membership.name)
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#hear(data)
    this.#watch = new LeaderWatch(
      membership.hungAfterMs,
      () => this.#post({ type: 'ping' }),
      () => this.#lock.steal(),
    )
    this.#lock = new LeaderLock(membership.locks, membership.name, {
      onLead: (isFree) => {
        if (isFree) this.#lead()
        else this.#hearOut()
      },
      onLost: () => this.#stepDown(),
      onRefused: membership.onRefused,
    })
    this.#follow()
  }

  listen(name: string): void {
    this.#own?.listen(name)
    if (!this.#isLeader) this.#post({ type: 'listen', names: [name] })
  }

  close(): void {
    if (this.#isClosed) return
    this.#flush()
    this.#isClosed = true
    this.#watch.stop()
    this.#own?.close()
    this.#channel.close()
    this.#lock.close()
  }

  // Leading

  /**
   * What the last leader said is on its way still: one's own word, sent after it, comes after it. A timer would
   * take a minute in a hidden tab.
   */
  #hearOut(): void {
    const from = `${this.#id} ${this.#lastQuestion}`
    const echo = new BroadcastChannel(this.#with.name)
    echo.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (data.type !== 'mark' || data.from !== from) return
      echo.close()
      this.#lead()
    }
    if (this.#isClosed) echo.close()
    else this.#post({ type: 'mark', from })
  }

  #lead(): void {
    if (this.#isClosed || !this.#lock.isHeld || this.#isLeader) return
    this.#isLeader = true
    this.#isAstray = false
    this.#watch.stop()
    this.#with.events.onNote?.({ role: 'leader' })
    const follows = this.#place
    this.#term = Math.max(Date.now() + Math.random(), this.#term + 1)
    this.#place = [this.#term, 0]
    if (follows && this.#recent) this.#recent.continueAs(this.#place)
    else this.#recent = new RelayHistory(this.#place, this.#lastEventId)
    const { retryAt } = this.#status
    const own = this.#own
    if (own) this.#status = { ...this.#status, state: own.isOpen ? 'open' : 'connecting' }
    else if (this.#status.state === 'open') this.#status = { ...this.#status, state: 'connecting' }
    this.#question = undefined
    const status = this.#status
    this.#post({ type: 'lead', at: this.#place, id: this.#lastEventId, follows, status })
    if (!own) this.#open(this.#status.state === 'waiting' ? retryAt : undefined)
  }

  /** Another tab leads, or will: what this one has relayed since is of no term any more. */
  #stepDown(): void {
    if (!this.#isLeader || this.#isClosed) return
    this.#isLeader = false
    this.#own?.close()
    this.#own = undefined
    this.#relay.length = 0
    this.#place = undefined
    this.#recent = undefined
    this.#follow()
  }

  #setStatus(status: LeaderStatus): void {
    this.#status = status
    if (!this.#isLeader) return
    this.#post({ type: 'status', term: this.#term, status })
  }

  #push(event?: string, data?: string): void {
    const [term, seq] = this.#place ?? [this.#term, 0]
    this.#place = [term, seq + 1]
    const entry = { at: this.#place, id: this.#lastEventId, setsId: this.#hasSetId, event, data } as Entry
    this.#hasSetId = false
    this.#recent?.push(entry)
    this.#relay.push(entry)
    this.#settleSoon()
  }

  /** Once for all that one chunk brought. */
  #settleSoon(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    queueMicrotask(() => {
      this.#isSettling = false
      if (this.#isClosed) return
      if (this.#isLeader) this.#flush()
      else this.#meet()
    })
  }

  #flush(): void {
    if (this.#isLeader && this.#hasSetId) this.#push() // an id that stood alone
    if (this.#relay.length > 0) this.#post({ type: 'entries', entries: this.#relay.splice(0) })
  }

  #post(message: TabMessage): void {
    if (this.#isClosed) return
    // What was relayed comes before what is said about it.
    if (message.type !== 'entries') this.#flush()
    if (this.#isLeader) this.#pulsedAt = Date.now()
    this.#channel.postMessage(message)
  }

  #welcome({ from, at, after }: Extract<TabMessage, { type: 'hello' }>): void {
    this.#flush()
    const recent = this.#recent
    if (!recent) return
    const status = this.#status
    const entries = (at && recent.afterPlace(at)) ?? this.#after(after, recent)
    this.#post({ type: 'welcome', to: from, at: recent.end, id: recent.id, entries, status })
    this.#own?.hurry()
  }

  /** A newcomer without an id gets what the server gives newcomers, and only the server knows what that is. */
  #after(id: string, recent: RelayHistory): Entry[] | undefined {
    if (id !== '') return recent.afterId(id)
    return recent.isAtStart || this.#with.fromNow ? [] : undefined
  }

  // A connection of one's own, to lead or to catch up

  #open(startAt?: number): void {
    const { inner, request, events, names, madeAt } = this.#with
    const own = new ReconnectingTransport(inner, request, this.#tell(events), names, madeAt)
    this.#own = own
    own.start(this.#lastEventId, startAt)
  }

  #tell(events: TransportEvents): TransportEvents {
    return {
      ...events,
      onActivity: () => {
        events.onActivity()
        if (this.#isLeader && Date.now() - this.#pulsedAt > PULSE_MS)
          this.#post({ type: 'pulse', term: this.#term })
      },
      onOpen: () => {
        this.#setStatus({ state: 'open', retryMs: this.#status.retryMs })
        this.#tellOpen()
      },
      onId: (id) => {
        this.#flushId()
        this.#lastEventId = id
        this.#hasSetId = this.#isLeader
        this.#settleSoon()
        events.onId(id)
      },
      onMessage: (event, data) => {
        // First to the others: this tab's listeners may close it.
        if (this.#isLeader) this.#push(event, data)
        events.onMessage(event, data)
      },
      onRetry: (retryMs) => {
        this.#setStatus({ ...this.#status, retryMs })
        events.onRetry(retryMs)
      },
      onWaiting: (reason, retryAt) => {
        this.#isToldOpen = false
        this.#setStatus({
          state: 'waiting',
          retryMs: this.#status.retryMs,
          reason: toPlainError(reason),
          retryAt,
        })
        events.onWaiting(reason, retryAt)
      },
      onEnd: (reason) => {
        if (this.#isLeader) {
          const plain = reason === 'ended' ? reason : toPlainError(reason)
          this.#post({ type: 'end', term: this.#term, reason: plain })
        }
        events.onEnd(reason)
      },
    }
  }

  #flushId(): void {
    if (this.#hasSetId) this.#push()
  }

  #tellOpen(): void {
    if (this.#isToldOpen) return
    this.#isToldOpen = true
    this.#with.events.onOpen()
  }

  /** Follows from here on if what the leader relays has come to where this tab is. */
  #meet(): void {
    const entries = this.#lastEventId === '' ? undefined : this.#recent?.afterId(this.#lastEventId)
    if (!entries || !(this.#own || this.#isAstray) || this.#isLeader) return
    this.#own?.close()
    this.#own = undefined
    this.#isAstray = false
    this.#place = this.#recent?.end
    this.#deliver(entries)
  }

  // Following

  #follow(): void {
    if (this.#isLeader) return
    this.#with.events.onNote?.({ role: 'follower' })
    this.#watch.start()
    this.#hello()
  }

  #hello(): void {
    this.#post({ type: 'listen', names: [...this.#with.names] })
    this.#lastQuestion += 1
    this.#question = `${this.#id} ${this.#lastQuestion}`
    this.#post({ type: 'hello', from: this.#question, at: this.#place, after: this.#lastEventId })
  }

  #hear(message: TabMessage): void {
    if (this.#isClosed) return
    switch (message.type) {
      case 'hello':
        if (this.#isLeader) this.#welcome(message)
        return
      case 'listen':
        for (const name of message.names) {
          this.#with.names.add(name)
          if (this.#isLeader) this.#own?.listen(name)
        }
        return
      case 'ping':
        if (this.#isLeader) this.#post({ type: 'pong', term: this.#term })
        return
      case 'lead':
        return this.#hearLeader(message)
      case 'welcome':
        if (message.to === this.#question && message.at[0] >= this.#term) this.#hearWelcome(message)
        return
      case 'mark':
        return
      case 'entries':
        return this.#hearEntries(message.entries)
    }
    // Of a leader that was hung, and does not know yet that it leads no more; or of one not heard of yet.
    if (message.term !== this.#term || this.#isLeader) return
    this.#watch.heard()
    if (message.type === 'status') this.#hearStatus(message.status)
    else if (message.type === 'pulse') this.#hearPulse()
    else if (message.type === 'end' && !this.#own) {
      this.#with.events.onEnd(message.reason === 'ended' ? message.reason : fromPlainError(message.reason))
    }
  }

  #hearLeader({ at, id, follows, status }: Extract<TabMessage, { type: 'lead' }>): void {
    if (at[0] <= this.#term) return
    this.#stepDown()
    this.#term = at[0]
    this.#watch.heard()
    if (isSamePlace(this.#place, follows)) {
      this.#place = at
      this.#recent?.continueAs(at)
      this.#post({ type: 'listen', names: [...this.#with.names] })
    } else if (this.#own) {
      this.#recent = new RelayHistory(at, id)
      this.#meet()
    } else this.#hello()
    this.#hearStatus(status)
  }

  #hearWelcome({ at, id, entries, status }: Extract<TabMessage, { type: 'welcome' }>): void {
    if (this.#isLeader) return
    this.#term = at[0]
    this.#question = undefined
    this.#watch.heard()
    this.#isAstray = !entries
    this.#place = entries && at
    if (entries) {
      this.#recent = new RelayHistory(entries.length > 0 ? [0, 0] : at, this.#lastEventId)
      for (const entry of entries) this.#recent.push(entry)
      this.#recent.continueAs(at)
      this.#deliver(entries)
    } else this.#recent = new RelayHistory(at, id)
    this.#hearStatus(status)
  }

  #hearEntries(entries: readonly Entry[]): void {
    const [term, first] = entries[0]?.at ?? [0, 0]
    if (term < this.#term || this.#isLeader) return
    this.#watch.heard()
    this.#term = term
    if (this.#question) return
    const end = this.#recent?.end
    if (!end || end[0] !== term || end[1] + 1 !== first) {
      // This leader, or a part of what it said, was missed.
      if (!this.#own) return this.#hello()
      this.#recent = new RelayHistory([term, first - 1], undefined)
    }
    for (const entry of entries) this.#recent?.push(entry)
    if (this.#own || this.#isAstray) return this.#meet()
    if (!this.#place) return
    this.#place = this.#recent?.end
    this.#deliver(entries)
    this.#hearPulse()
  }

  #hearStatus(status: LeaderStatus): void {
    if (this.#isClosed || this.#isLeader) return
    const { retryMs } = this.#status
    this.#status = status
    if (status.retryMs !== retryMs) this.#with.events.onRetry(status.retryMs)
    if (this.#own) return
    if (status.state === 'waiting' && status.reason) {
      this.#isToldOpen = false
      this.#with.events.onWaiting(fromPlainError(status.reason), status.retryAt)
    } else if (status.state === 'open') {
      if (this.#isAstray) this.#open()
      else if (this.#place) {
        this.#hearPulse()
        this.#tellOpen()
      }
    }
  }

  #hearPulse(): void {
    if (this.#place && !this.#own) this.#with.events.onActivity()
  }

  #deliver(entries: readonly Entry[]): void {
    const { events } = this.#with
    for (const { id, setsId, event, data } of entries) {
      if (this.#isClosed) return
      if (setsId) {
        this.#lastEventId = id
        events.onId(id)
      }
      if (event !== undefined) events.onMessage(event, data ?? '')
    }
  }
}

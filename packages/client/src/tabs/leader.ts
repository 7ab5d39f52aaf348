import type { EndReason } from '../connection/status.ts'
import { type RelayedEvent, RelayHistory, type RelayPosition } from './relay-history.ts'
import type { LeaderStatus, PlainError, TabMessage } from './tab-messages.ts'
import type { Tab, TabRole } from './tab-role.ts'

/** Minimum time between two pulses, in milliseconds. */
const PULSE_MS = 1_000

/** Holds the connection and relays what it receives to the other tabs. */
export class Leader implements TabRole {
  readonly #tab: Tab
  readonly #history: RelayHistory
  /** Position of the last leader that this tab continues from. */
  readonly #follows: RelayPosition | undefined
  /** Relayed events that are not posted yet. */
  readonly #unposted: RelayedEvent[] = []
  #position: RelayPosition
  #pulsedAt = 0
  #heartbeatAt = 0

  constructor(tab: Tab) {
    this.#tab = tab
    const { stream } = tab
    this.#follows = stream.position
    stream.term = Math.max(Date.now() + Math.random(), stream.term + 1)
    this.#position = [stream.term, 0]
    if (this.#follows && stream.history) stream.history.continueAs(this.#position)
    else stream.history = new RelayHistory(this.#position, stream.exactId)
    this.#history = stream.history
  }

  /** Keeps the connection of a tab that was catching up; else opens one when the last leader would have. */
  start(): void {
    const { stream } = this.#tab
    const { retryMs, state, retryAt } = stream.status
    const isWaiting = state === 'waiting' && !stream.own
    if (!isWaiting) {
      stream.status = { state: stream.own?.status.state === 'open' ? 'open' : 'connecting', retryMs }
    }
    const { status, exactId: id } = stream
    this.#post({ type: 'lead', at: this.#position, id, follows: this.#follows, status })
    if (!stream.own) stream.openOwn(isWaiting && retryAt ? retryAt - Date.now() : 0)
  }

  receive(message: TabMessage): void {
    if (message.type === 'hello') this.#catchUpNewcomer(message)
    else if (message.type === 'ping') this.#post({ type: 'pong', term: this.#tab.stream.term })
  }

  onOwnEvent(event?: string, data?: string): void {
    const { lastEventId: id, hasFreshId: setsId } = this.#tab.stream
    const [term, seq] = this.#position
    this.#position = [term, seq + 1]
    const entry = { at: this.#position, id, setsId, event, data }
    this.#history.push(entry)
    this.#unposted.push(entry)
  }

  onOwnSettled(): void {
    this.#flush()
  }

  onOwnActivity(): void {
    if (Date.now() - this.#pulsedAt > PULSE_MS) this.#pulse(false)
  }

  onOwnHeartbeat(): void {
    if (Date.now() - this.#heartbeatAt <= PULSE_MS) return
    this.#heartbeatAt = Date.now()
    this.#pulse(true)
  }

  onOwnStatus(status: LeaderStatus): void {
    const { stream } = this.#tab
    stream.status = status
    this.#post({ type: 'status', term: stream.term, status })
  }

  onOwnEnd(reason: PlainError | EndReason): void {
    this.#post({ type: 'end', term: this.#tab.stream.term, reason })
  }

  #catchUpNewcomer({ from, at, after, isExact }: Extract<TabMessage, { type: 'hello' }>): void {
    this.#flush()
    const { stream } = this.#tab
    const { end, endId: id } = this.#history
    const entries = (at && this.#history.afterPosition(at)) ?? this.#entriesAfter(after, isExact)
    this.#post({ type: 'welcome', to: from, at: end, id, entries, status: stream.status })
    stream.own?.expedite()
  }

  /** A newcomer without an id gets what the server sends newcomers, which only the server knows. */
  #entriesAfter(id: string, isExact: boolean): RelayedEvent[] | undefined {
    if (id !== '') return isExact ? this.#history.afterId(id) : undefined
    return this.#history.isAtStart || this.#tab.isFromNow ? [] : undefined
  }

  #pulse(isHeartbeat: boolean): void {
    this.#post({ type: 'pulse', term: this.#tab.stream.term, isHeartbeat })
  }

  #flush(): void {
    const { stream } = this.#tab
    if (stream.hasFreshId) this.onOwnEvent() // an id that stood alone
    stream.hasFreshId = false
    if (this.#unposted.length > 0) {
      this.#pulsedAt = Date.now()
      this.#tab.post({ type: 'entries', entries: this.#unposted.splice(0) })
    }
  }

  /** Relayed events are posted before what is said about them. */
  #post(message: TabMessage): void {
    this.#flush()
    this.#pulsedAt = Date.now()
    this.#tab.post(message)
  }
}

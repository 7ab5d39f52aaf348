import { isSamePosition, type RelayedEvent, RelayHistory } from './relay-history.ts'
import type { LeaderStatus, TabMessage } from './tab-messages.ts'
import type { Tab, TabRole } from './tab-role.ts'

type Message<Type extends TabMessage['type']> = Extract<TabMessage, { type: Type }>

/**
 * Receives the stream from the leader, from a position known to be its own: the entry it received last, or its last
 * event id. Without one, it asks the leader first.
 */
export class Follower implements TabRole {
  readonly #tab: Tab
  readonly #isPositioned: boolean
  /** Request that the leader has not answered yet. The answer includes what is relayed in the meantime. */
  #request: string | undefined

  /** @param isPositioned - whether `stream.position` is current. */
  constructor(tab: Tab, isPositioned: boolean) {
    this.#tab = tab
    this.#isPositioned = isPositioned
  }

  start(): void {
    if (!this.#isPositioned) this.#ask()
  }

  receive(message: TabMessage): void {
    const { stream } = this.#tab
    if (message.type === 'welcome') this.#onWelcome(message)
    else if (message.type === 'lead') this.#onLeader(message)
    else if (message.type === 'entries') this.#onEntries(message.entries)
    else if (message.type === 'status') this.#onStatus(message.status)
    else if (message.type === 'pulse' && !this.#request) stream.reportActivity(message.isHeartbeat)
    else if (message.type === 'end') stream.reportEnd(message.reason)
  }

  onOwnSettled(): void {}

  #ask(): void {
    const { names, position: at, lastEventId: after, isExact } = this.#tab.stream
    this.#request = crypto.randomUUID()
    this.#tab.post({ type: 'listen', names: [...names] })
    this.#tab.post({ type: 'hello', from: this.#request, at, after, isExact })
  }

  #onWelcome({ to, at, id, entries, status }: Message<'welcome'>): void {
    if (to !== this.#request) return
    const { stream } = this.#tab
    this.#request = undefined
    stream.term = at[0]
    stream.position = entries && at
    if (entries) {
      stream.history = new RelayHistory(entries.length > 0 ? [0, 0] : at, stream.exactId)
      for (const entry of entries) stream.history.push(entry)
      stream.history.continueAs(at)
      stream.deliver(entries)
      this.#onStatus(status)
    } else {
      stream.history = new RelayHistory(at, id)
      stream.setLeaderStatus(status)
      this.#tab.catchUp()
    }
  }

  /** Another tab leads now. */
  #onLeader({ at, follows, status }: Message<'lead'>): void {
    const { stream } = this.#tab
    if (isSamePosition(stream.position, follows)) {
      this.#request = undefined
      stream.position = at
      stream.history?.continueAs(at)
      this.#tab.post({ type: 'listen', names: [...stream.names] })
    } else this.#ask()
    this.#onStatus(status)
  }

  #onEntries(entries: readonly RelayedEvent[]): void {
    if (this.#request) return
    const { stream } = this.#tab
    const { history } = stream
    // This leader, or a part of what it relayed, was missed.
    if (!history?.isContinuedBy(entries)) return this.#ask()
    for (const entry of entries) history.push(entry)
    stream.position = history.end
    stream.deliver(entries)
    stream.reportActivity()
  }

  #onStatus(status: LeaderStatus): void {
    const { stream } = this.#tab
    stream.setLeaderStatus(status)
    if (status.state === 'waiting') stream.reportWaiting(status)
    else if (status.state === 'open' && !this.#request) {
      stream.reportActivity()
      stream.reportOpen()
    }
  }
}

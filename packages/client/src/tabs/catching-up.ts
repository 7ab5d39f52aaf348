import { type RelayedEvent, RelayHistory } from './relay-history.ts'
import type { LeaderStatus, TabMessage } from './tab-messages.ts'
import type { Tab, TabRole } from './tab-role.ts'

/**
 * The leader does not know this tab's id: the server is asked, as without sharing. The tab's own connection opens once
 * the leader's is open, and closes when the leader relays the id this tab has reached.
 */
export class CatchingUp implements TabRole {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  start(): void {
    this.#onStatus(this.#tab.stream.status)
  }

  receive(message: TabMessage): void {
    const { stream } = this.#tab
    if (message.type === 'lead') this.#onLeader(message)
    else if (message.type === 'entries') this.#onEntries(message.entries)
    else if (message.type === 'status') this.#onStatus(message.status)
    else if (message.type === 'end' && !stream.own) stream.reportEnd(message.reason)
  }

  onOwnSettled(): void {
    this.#join()
  }

  /** Another tab leads now. */
  #onLeader({ at, id, status }: Extract<TabMessage, { type: 'lead' }>): void {
    const { stream } = this.#tab
    if (!stream.own) return this.#tab.follow(false)
    stream.history = new RelayHistory(at, id)
    this.#onStatus(status)
    this.#join()
  }

  #onEntries(entries: readonly RelayedEvent[]): void {
    const { stream } = this.#tab
    const [first] = entries
    if (first && !stream.history?.isContinuedBy(entries)) {
      if (!stream.own) return this.#tab.follow(false)
      const [term, seq] = first.at
      stream.history = new RelayHistory([term, seq - 1], undefined)
    }
    for (const entry of entries) stream.history?.push(entry)
    this.#join()
  }

  #onStatus(status: LeaderStatus): void {
    const { stream } = this.#tab
    stream.setLeaderStatus(status)
    if (stream.own) return
    if (status.state === 'waiting') stream.reportWaiting(status)
    else if (status.state === 'open') stream.openOwn()
  }

  /** Follows the leader if it has relayed the event this tab received last. */
  #join(): void {
    const { stream } = this.#tab
    const { exactId, history } = stream
    const entries = exactId ? history?.afterId(exactId) : undefined
    if (!history || !entries) return
    stream.closeOwn()
    stream.position = history.end
    this.#tab.follow(true)
    stream.deliver(entries)
    if (stream.status.state === 'open') stream.reportOpen()
  }
}

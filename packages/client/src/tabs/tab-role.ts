import type { TabMessage } from './tab-messages.ts'
import type { OwnConnectionObserver, TabStream } from './tab-stream.ts'

/** What a tab does at the moment: lead, follow, or catch up. */
export interface TabRole extends OwnConnectionObserver {
  /** Called once the role is the tab's. */
  start(): void
  /** Handles a message of another tab. */
  receive(message: TabMessage): void
}

/** What a role uses of its tab. */
export interface Tab {
  readonly stream: TabStream
  /** Whether a tab without an id starts with what is relayed from now on. */
  readonly isFromNow: boolean
  post(message: TabMessage): void
  /** Follows the leader: from `stream.position` if that is current, else from where the leader knows this tab to be. */
  follow(isPositioned: boolean): void
  /** Uses its own connection until the leader relays this tab's position. */
  catchUp(): void
}

import type { OutgoingEvent } from './read-events.ts'

/** Where events go: a hub's log, or an app's endpoint. */
export interface Publisher {
  /** Resolves with the event's id once it is stored. Events of several calls keep their order. */
  publish(event: OutgoingEvent): Promise<string>
  close(): Promise<void>
}

import type { PublishOptions } from '../hub/hub.ts'
import type { NewEntry } from '../log/engine.ts'

/** A hub, as a handler that takes events of other programs. */
export interface EventTaker {
  /**
   * Checks and encodes an event.
   *
   * @throws {SseError} as `hub.publish`.
   */
  '@sse/encode'(channel: string, event: string, payload: unknown, options: PublishOptions): NewEntry
  /**
   * Stores entries together, at least one.
   *
   * @throws {SseError} `payload_too_large` if they do not fit into one append; otherwise as `hub.publish`.
   */
  '@sse/append'(entries: readonly NewEntry[]): Promise<readonly string[]>
}

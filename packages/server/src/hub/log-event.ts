import type { EventName, Gap, Payload, StreamContract } from '@sse/contract'
import { EncodedEvent, readFrameData } from '@sse/contract/protocol'
import { encodeGap } from '../dialects/native.ts'
import type { StoredFrame } from '../log/stored-frame.ts'

/** An event of the log, as a loop over a subscription receives it. A generator may yield it unchanged. */
export class LogEvent<Name extends string = string, Content = unknown> extends EncodedEvent<Name> {
  readonly id: string
  /** Channel it was published to. `''` for a gap. */
  readonly channel: string
  readonly payload: Content

  constructor(event: Name, frame: string, id: string, channel: string, payload: Content) {
    super(event, frame)
    this.id = id
    this.channel = channel
    this.payload = payload
  }
}

/** What a loop over a subscription receives. Branch on `event`, and `payload` has its type. */
export type SubscriptionEvent<Contract extends StreamContract> =
  | { [Name in EventName<Contract>]: LogEvent<Name, Payload<Contract, Name>> }[EventName<Contract>]
  | LogEvent<'gap', Gap>

const decoder = new TextDecoder()

/**
 * Decodes a frame.
 *
 * @param isText - whether its data is the payload itself.
 * @throws {SyntaxError} when its data is not JSON.
 */
export function decodeFrame(
  id: string,
  { bytes, event, channel }: StoredFrame,
  isText: boolean = false,
): LogEvent {
  const frame = decoder.decode(bytes)
  const data = readFrameData(frame)
  const payload = isText ? data : data === '' ? undefined : JSON.parse(data)
  return new LogEvent(event, frame, id, channel, payload)
}

export function makeGapEvent(id: string, gap: Gap): LogEvent<'gap', Gap> {
  return new LogEvent('gap', encodeGap(gap, id), id, '', gap)
}

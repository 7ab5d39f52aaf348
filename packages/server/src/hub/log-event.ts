import type { EventName, Gap, Payload, StreamContract } from '@sse/contract'
import { CONTROL, EncodedEvent, encodeMessage, readFrameData } from '@sse/contract/protocol'
import { formatId } from '../log/id.ts'
import type { StoredFrame } from '../log/stored-frame.ts'

/** An event of the log, as a loop over a subscription gets it; a generator may yield it as it is. */
export class LogEvent<Name extends string = string, Content = unknown> extends EncodedEvent<Name> {
  readonly id: string
  /** Where it was published; `''` for a gap. */
  readonly channel: string
  readonly payload: Content

  constructor(event: Name, frame: string, id: string, channel: string, payload: Content) {
    super(event, frame)
    this.id = id
    this.channel = channel
    this.payload = payload
  }
}

/** What a loop over a subscription gets: switch on `event`, and `payload` has its type. */
export type SubscriptionEvent<Contract extends StreamContract> =
  | { [Name in EventName<Contract>]: LogEvent<Name, Payload<Contract, Name>> }[EventName<Contract>]
  | LogEvent<'gap', Gap>

const decoder = new TextDecoder()

export function readStoredFrame(epoch: string, { bytes, event, channel, position }: StoredFrame): LogEvent {
  const frame = decoder.decode(bytes)
  const data = readFrameData(frame)
  const payload = data === '' ? undefined : JSON.parse(data)
  return new LogEvent(event, frame, formatId({ epoch, position }), channel, payload)
}

export function makeGapEvent(id: string, gap: Gap): LogEvent<'gap', Gap> {
  const frame = encodeMessage({ id, event: CONTROL.gap, data: JSON.stringify(gap) })
  return new LogEvent('gap', frame, id, '', gap)
}

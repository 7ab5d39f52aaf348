import { SseError, type StreamContract } from '@sse/contract'
import {
  checkSize,
  EncodedEvent,
  type EventEncoder,
  encodeMessage,
  encodePayload,
} from '@sse/contract/protocol'
import type { LiteralEvent, UntypedEvent } from './source.ts'

/**
 * Turns what a source yielded into a frame.
 *
 * @param event - the contract's encoder; without one, items are plain messages.
 * @throws {SseError} `message_invalid`, `event_unknown`, `payload_invalid`, `payload_too_large`.
 */
export function encodeItem(
  item: unknown,
  path: string,
  event: EventEncoder<StreamContract> | undefined,
  maxEventBytes: number,
): string {
  if (item instanceof EncodedEvent) return item.frame
  if (typeof item !== 'object' || item === null) {
    const say = event ? 'event(name, payload)' : '{ data: … }'
    throw invalidMessage(`${path} yielded ${item === null ? 'null' : typeof item}; yield ${say}`)
  }
  if (event) {
    const { event: name, data, ...rest } = item as LiteralEvent<StreamContract>
    if (typeof name !== 'string')
      throw invalidMessage(`${path} yielded an event without a name; yield event(name, payload)`)
    return event(name, data, rest).frame
  }
  const { event: name, data, id, retry } = item as UntypedEvent
  const isText = data === undefined || typeof data === 'string'
  const text = isText ? data : encodePayload(name ?? 'message', data)
  const frame = encodeMessage({ event: name, data: text, id, retry })
  checkSize(name ?? 'message', frame, maxEventBytes)
  return frame
}

function invalidMessage(message: string): SseError {
  return new SseError('message_invalid', message)
}

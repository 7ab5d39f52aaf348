import { SseError, type StreamContract } from '@sse/contract'
import { checkSize, EncodedEvent, encodeMessage, encodePayload } from '@sse/contract/protocol'
import type { UntypedEvent } from './source.ts'

/**
 * Encodes an item that a source yielded.
 *
 * @param contract - with one, only results of `event()` are valid; without, items are plain messages.
 * @throws {SseError} `message_invalid`, `payload_invalid`, `payload_too_large`.
 */
export function encodeItem(
  item: unknown,
  path: string,
  contract: StreamContract | undefined,
  maxEventBytes: number,
): string {
  if (item instanceof EncodedEvent) return item.frame
  if (contract || typeof item !== 'object' || item === null) {
    const shown = item === null ? 'null' : typeof item === 'object' ? 'an object' : typeof item
    throw new SseError(
      'message_invalid',
      `${path} yielded ${shown}; yield ${contract ? 'event(name, payload)' : '{ data: … }'}`,
    )
  }
  return encodeUntyped(item as UntypedEvent, maxEventBytes)
}

/**
 * Encodes a plain message: data that is a string as it is, anything else as JSON.
 *
 * @throws {SseError} `message_invalid`, `payload_invalid`, `payload_too_large`.
 */
export function encodeUntyped({ event: name, data, id, retry }: UntypedEvent, maxEventBytes: number): string {
  const isText = data === undefined || typeof data === 'string'
  const text = isText ? data : encodePayload(name ?? 'message', data)
  const frame = encodeMessage({ event: name, data: text, id, retry })
  checkSize(name ?? 'message', frame, maxEventBytes)
  return frame
}

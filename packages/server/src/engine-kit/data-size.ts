import { SseError } from '@sse/contract'

const encoder = new TextEncoder()

/**
 * Checks a payload against the limit of the store. Most are so short that their bytes need not be counted.
 *
 * @param server in messages, such as `Redis`.
 * @param setting of the server that sets the limit.
 * @throws {SseError} `payload_too_large`.
 */
export function checkDataBytes(data: string, maxBytes: number, server: string, setting: string): void {
  if (data.length * 3 <= maxBytes || encoder.encode(data).length <= maxBytes) return
  throw new SseError(
    'payload_too_large',
    `${server} accepts payloads of at most ${maxBytes} bytes (${setting}): publish smaller ones, or raise the limit`,
  )
}

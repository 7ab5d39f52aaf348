import { failed } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import { isBelow, OVERHEAD_BYTES } from './server-limits.ts'

const MIN_VERSION = '2.9.0'
/** On earlier versions, replicas diverge when servers are killed: events are lost and doubled. */
const MIN_VERSION_FOR_REPLICAS = '2.10.27'
/**
 * Checks a server before its first use: version, headers, payload size.
 *
 * @param replicas of the stream of a new hub.
 * @throws {SseError} `engine_failed`.
 */
export function checkServer({ where, nats, version, maxDataBytes }: NatsConnection, replicas: number): void {
  if (isBelow(version, MIN_VERSION)) {
    throw failed(`NATS ${version} at ${where} is not supported: version 2.9 or later is required`)
  }
  if (replicas > 1 && hasUnsafeReplicas(version)) {
    throw failed(
      `NATS ${version} at ${where} may lose and double events of replicated streams: \`replicas: ${replicas}\` requires version ${MIN_VERSION_FOR_REPLICAS} or later`,
    )
  }
  const { headers = false, max_payload: maxPayload = 0 } = nats.info ?? {}
  if (!headers) throw failed(`NATS at ${where} has headers switched off: JetStream needs them`)
  if (maxDataBytes < OVERHEAD_BYTES) {
    throw failed(
      `NATS at ${where} accepts at most ${maxPayload} bytes (max_payload): at least ${2 * OVERHEAD_BYTES} are required`,
    )
  }
}

/** Returns a warning for a replicated stream on a server whose replicas may diverge. */
export function warningOfReplicas({ where, version }: NatsConnection, replicas: number): string | undefined {
  if (replicas <= 1 || !hasUnsafeReplicas(version)) return undefined
  return `NATS ${version} at ${where} may lose and double events of a stream with ${replicas} replicas: upgrade to ${MIN_VERSION_FOR_REPLICAS} or later`
}

function hasUnsafeReplicas(version: string): boolean {
  return isBelow(version, MIN_VERSION_FOR_REPLICAS)
}

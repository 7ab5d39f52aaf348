import { defineStream, type StreamContract, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { EngineAddress } from '../engine/address.ts'
import { toCommandError } from '../engine/engine-failure.ts'
import { type OpenEngineOptions, openEngine } from '../engine/open-engine.ts'
import type { Publisher } from './publisher.ts'

/** Only the app's own hub knows its retention: this one removes nothing. */
const KEEP_ALL = { maxEvents: Infinity, maxAgeMs: Infinity, maxCommitAgeMs: Infinity }

/** Opens a hub on an engine. There is no contract here: names and payloads are not checked. */
export async function openHubPublisher(
  address: EngineAddress,
  options: OpenEngineOptions,
): Promise<Publisher> {
  const events: Record<string, StreamContract['events'][string]> = {}
  const contract = { ...defineStream({ path: '/', events: { any: type() } }), events }
  const engine = await openEngine(address, options)
  const hub = createHub(contract as StreamContract, {
    engine,
    retention: KEEP_ALL,
    onError: (error) => options.onWarning(error instanceof Error ? error.message : String(error)),
  })
  return {
    async publish({ channel, event, payload, key, idempotencyKey }) {
      try {
        // Checks the name, and makes it one of the contract's.
        Object.assign(events, defineStream({ path: '/', events: { [event]: type() } }).events)
        return await hub.publish(channel, event, payload as never, { key, idempotencyKey })
      } catch (error) {
        throw toCommandError(error, address)
      }
    },
    close: () => hub.close(),
  }
}

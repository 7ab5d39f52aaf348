import { createHub, type Hub } from '@sse/server'
import { DurableEngine } from './durable-engine.ts'
import { room } from './src/room.ts'

type RoomHub = Hub<typeof room>

// When a module was saved during development, the same Durable Object gets another instance of its class. The hub stays,
// with the streams that it serves.
const kept = globalThis as { hubs?: WeakMap<DurableObjectState, RoomHub> }
kept.hubs ??= new WeakMap()
const { hubs } = kept

/** Returns the hub of a Durable Object, which keeps the events in the object's storage. */
export function hubOf(state: DurableObjectState): RoomHub {
  const hub = hubs.get(state) ?? createHub(room, { engine: new DurableEngine(state.storage) })
  hubs.set(state, hub)
  return hub
}

import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './room.ts'

function makeHub() {
  // Keeps the events in a file, so that a page resumes after a restart of the server.
  const hub = createHub(room, { engine: sqlite(process.env.ROOM_DB ?? 'room.db') })
  // The server waits for open responses before it exits. Without this it would wait for every page.
  if (import.meta.env.PROD)
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.once(signal, () => hub.drain({ graceMs: 1_000 }).then(() => hub.close()))
  return hub
}

// One hub per process: during development this module is loaded again when it was saved.
const kept = globalThis as typeof globalThis & { roomHub?: ReturnType<typeof makeHub> }
kept.roomHub ??= makeHub()

export const hub = kept.roomHub

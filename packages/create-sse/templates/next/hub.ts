import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './room'

// Keeps the events in a file, so that a page resumes after a restart of the server.
const makeHub = () => createHub(room, { engine: sqlite(process.env.ROOM_DB ?? 'room.db') })

// Next.js loads this module more than once: for each route, and after each change of it. All share one hub.
const kept = globalThis as typeof globalThis & { roomHub?: ReturnType<typeof makeHub> }
kept.roomHub ??= makeHub()

export const hub = kept.roomHub

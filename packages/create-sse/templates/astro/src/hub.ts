import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './room.ts'

/** Keeps the events in a file, so that a page resumes after a restart of the server. */
const makeHub = () => createHub(room, { engine: sqlite(process.env.ROOM_DB ?? 'room.db') })

// One hub per process: during development this module is loaded again when it was saved.
const kept = globalThis as typeof globalThis & { roomHub?: ReturnType<typeof makeHub> }
kept.roomHub ??= makeHub()

export const hub = kept.roomHub

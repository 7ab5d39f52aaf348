import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './src/room.ts'

/** Keeps the events in a file, so that a page resumes after a restart of the server. */
const makeHub = () => createHub(room, { engine: sqlite(process.env.ROOM_DB ?? 'room.db') })

// `bun --hot` loads this module again in the same process: the hub stays, with the streams that it serves.
const kept = globalThis as { hub?: ReturnType<typeof makeHub> }
kept.hub ??= makeHub()

export const hub = kept.hub

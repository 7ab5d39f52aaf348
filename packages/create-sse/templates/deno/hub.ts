import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './src/room.ts'

/** Keeps the events in a file, so that a page resumes after a restart of the server. */
export const hub = createHub(room, { engine: sqlite(Deno.env.get('ROOM_DB') ?? 'room.db') })

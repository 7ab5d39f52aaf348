import { createHub, type Hub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './room'

// The development server loads this module again after a change. There must be one hub, so it is kept.
const kept = globalThis as { roomHub?: Hub<typeof room> }

/** Keeps the events in a file, so that a page resumes after a restart of the server. */
export const hub = kept.roomHub ?? createHub(room, { engine: sqlite(process.env.ROOM_DB ?? 'room.db') })
kept.roomHub = hub

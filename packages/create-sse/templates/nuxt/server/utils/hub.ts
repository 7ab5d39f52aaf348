import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { room } from '#shared/room'

/** Keeps the events in a file, so that a page resumes after a restart of the server. */
export const hub = createHub(room, { engine: sqlite(process.env.ROOM_DB ?? 'room.db') })

/** The stream and its acknowledgements. The Node handler notices clients that leave. */
export const stream = fromNodeMiddleware(
  sse(hub, {
    // Your session goes here: return the signed-in user, or nothing to refuse.
    authorize: () => ({ id: 'guest' }),
    channels: () => 'room',
  }),
)

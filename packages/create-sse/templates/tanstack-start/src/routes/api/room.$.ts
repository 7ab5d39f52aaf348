import { sse } from '@sse/server'
import { createFileRoute } from '@tanstack/react-router'
import { hub } from '../../hub.server.ts'

const stream = sse(hub, {
  // Your session goes here: return the signed-in user, or nothing to refuse.
  authorize: () => ({ id: 'guest' }),
  channels: () => 'room',
})

/** `$`: the stream at /api/room, and its acknowledgements at /api/room/ack. */
export const Route = createFileRoute('/api/room/$')({
  server: { handlers: { ANY: stream } },
})

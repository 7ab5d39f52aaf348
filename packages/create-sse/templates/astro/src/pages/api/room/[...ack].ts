import { sse } from '@sse/server'
import { hub } from '../../../hub.ts'

const stream = sse(hub, {
  // Your session goes here: return the signed-in user, or nothing to refuse.
  authorize: () => ({ id: 'guest' }),
  channels: () => 'room',
})

/** The stream, at /api/room. */
export const GET = stream
/** Its acknowledgements, at /api/room/ack. */
export const POST = stream

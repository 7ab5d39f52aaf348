import { sse } from '@sse/server'
import { hub } from '../hub.server.ts'

const stream = sse(hub, {
  // Your session goes here: return the signed-in user, or nothing to refuse.
  authorize: () => ({ id: 'guest' }),
  channels: () => 'room',
})

/** The stream. */
export const loader = stream
/** Its acknowledgements. */
export const action = stream

import { sse } from '@sse/server'
import { hub } from '../../../hub'

const stream = sse(hub, {
  // Your session goes here: return the signed-in user, or nothing to refuse.
  authorize: () => ({ id: 'guest' }),
  channels: () => 'room',
})

export { stream as GET, stream as POST }

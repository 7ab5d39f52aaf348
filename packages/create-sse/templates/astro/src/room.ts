import { defineStream, type } from '@sse/contract'

/** What the server sends and the page receives. Both sides import it. */
export const room = defineStream({
  path: '/api/room',
  channels: ['room'],
  events: { message: type<{ text: string }>() },
})

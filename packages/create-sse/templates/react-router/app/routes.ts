import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  // `*`: the stream at /api/room, and its acknowledgements at /api/room/ack.
  route('api/room/*', 'routes/room-stream.ts'),
  route('api/messages', 'routes/messages.ts'),
  route('api/online', 'routes/online.ts'),
] satisfies RouteConfig

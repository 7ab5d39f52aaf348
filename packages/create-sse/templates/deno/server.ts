import { sse } from '@sse/server'
import { hub } from './hub.ts'
import { serveFile } from './serve-file.ts'
import { room } from './src/room.ts'

const stream = sse(hub, {
  // Your session goes here: return the signed-in user, or nothing to refuse.
  authorize: () => ({ id: 'guest' }),
  channels: () => 'room',
})

async function publish(request: Request): Promise<Response> {
  const { text } = await request.json().catch(() => ({}))
  if (typeof text !== 'string' || text === '')
    return Response.json({ error: 'text is missing' }, { status: 400 })
  await hub.publish('room', 'message', { text })
  return new Response(null, { status: 204 })
}

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, (request) => {
  const { pathname } = new URL(request.url)
  // The stream and its acknowledgements.
  if (pathname === room.path || pathname.startsWith(`${room.path}/`)) return stream(request)
  if (pathname === '/api/messages' && request.method === 'POST') return publish(request)
  if (pathname === '/api/online') return Response.json({ connections: hub.stats().connections })
  return serveFile(pathname)
})

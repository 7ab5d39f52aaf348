import type { APIRoute } from 'astro'
import { hub } from '../../hub.ts'

export const POST: APIRoute = async ({ request }) => {
  const body = await request.json().catch(() => null)
  const text: unknown = body?.text
  if (typeof text !== 'string' || text === '')
    return Response.json({ error: 'text is missing' }, { status: 400 })
  await hub.publish('room', 'message', { text })
  return new Response(null, { status: 204 })
}

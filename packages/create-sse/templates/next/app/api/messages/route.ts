import { hub } from '../../../hub'

export async function POST(request: Request) {
  const body = await request.json().catch(() => null)
  const text: unknown = body?.text
  if (typeof text !== 'string' || text === '') {
    return Response.json({ error: 'text is missing' }, { status: 400 })
  }
  await hub.publish('room', 'message', { text })
  return new Response(null, { status: 204 })
}

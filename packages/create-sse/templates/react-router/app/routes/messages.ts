import type { ActionFunctionArgs } from 'react-router'
import { hub } from '../hub.server.ts'

export async function action({ request }: ActionFunctionArgs) {
  const { text } = await request.json().catch(() => ({}))
  if (typeof text !== 'string' || text === '')
    return Response.json({ error: 'text is missing' }, { status: 400 })
  await hub.publish('room', 'message', { text })
  return new Response(null, { status: 204 })
}

import { error } from '@sveltejs/kit'
import { hub } from '../../../lib/server/hub.ts'

export async function POST({ request }) {
  const { text } = await request.json()
  if (typeof text !== 'string' || text === '') error(400, 'text is missing')
  await hub.publish('room', 'message', { text })
  return new Response(null, { status: 204 })
}
